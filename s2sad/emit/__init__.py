"""From the IR to text. The only place that knows output syntax."""

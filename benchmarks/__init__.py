"""What generated gradients cost at run time, and what generating them costs."""

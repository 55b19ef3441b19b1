"""The derivative of a function: rules, both sweeps, and what must be remembered."""

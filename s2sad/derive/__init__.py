"""The derivative of a function: rules, the backward and the forward sweep, what must be remembered."""

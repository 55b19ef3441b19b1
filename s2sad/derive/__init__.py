"""The derivative of a function: rules, the backward and forward sweeps, what is remembered."""

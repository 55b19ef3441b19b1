"""Small programs, one for each thing that s2sad understands. Every function is differentiated.

A module ends with its table: `CALLS = {"function": (wrt, [arguments of one call, ...])}`. `AUX`
names those that return `(loss, anything)`; `VJPS` lists, like CALLS, functions with any result,
each call with its output cotangent; `EXPECTED` gives the right gradient where it is not the
derivative; `REFUSED` names those that are not supported, with the code; `LIVE` names what exists
only at run time (closures), so not for the command line.
"""

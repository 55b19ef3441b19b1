"""Whole programs of the kinds that s2sad is for, as their authors would write them.

Each module has helper functions, classes and loops of its own, and below them `CALLS`: for each
function what it is differentiated for, and what it is called with. They show what works without
being written for it; `tests/test_programs.py` holds their derivatives against differences.
"""

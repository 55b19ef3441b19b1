"""Facts about a program: types and shapes, activity, what the backward part needs."""

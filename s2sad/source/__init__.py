"""Reading the user's program: its text, what its names mean, and its annotations.

Nothing is imported here, so that LibCST is loaded only when something is generated.
"""

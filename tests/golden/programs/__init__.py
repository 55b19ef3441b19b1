"""The programs of the acceptance check."""

"""Comparing derivatives with independent ones: what `s2sad verify` and `s2sad.testing` do.

This package runs the user's code, which nothing else in s2sad does.
"""

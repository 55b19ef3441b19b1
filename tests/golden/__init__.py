"""Generated text, stored: what a change to s2sad does to it is the diff of these files.

`NAME.py` is what the command in its header writes. `python -m tests.golden --update` writes all of
them anew. `programs/` holds the programs of the acceptance check; the others are in the corpus.
"""

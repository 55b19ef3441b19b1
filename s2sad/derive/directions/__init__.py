"""What of a derivative is the same along every direction: a generated function in two parts.

A Jacobian runs a tangent or a backward sweep along many directions. Read as a function of its
direction, it has statements that depend on it and others that do not:

    def f_jvp(x, w, *, dot_x):                      once    h = np.tanh(w @ x)
        h = np.tanh(w @ x)                                  difference = 1.0 - h * h
        dot_h = w @ dot_x * (1.0 - h * h)           each    dot_h = w @ dot_x * difference
        return h, dot_h

What is done *once* comes first, in its order; what is done along *each* direction follows. That
may be as long as no statement finds other values than it would have found in the text:

- A statement is of each direction if it reads or changes what one of them gives a value to or
  changes, a seed to begin with.
- So is one that changes what a statement of each direction before it reads: it may not go past it,
  and the next direction would find what this one left.
- An effect that nobody sees (a generator of random numbers) is a value like others.

Names that may share memory count as one where it is written into. So a loop that holds values
and tangents is of each direction, with all that it changes, and nothing has to be known of modes.

Where the result is one of values that a direction changes, there is no such form (None), nor where
each direction would have to find a parameter as the one before it did.
"""

from __future__ import annotations

from s2sad.derive.directions.parts import Parts, Step, in_two_parts

__all__ = ["Parts", "Step", "in_two_parts"]

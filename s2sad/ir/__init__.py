"""The intermediate representation: nodes, printer, verifier, walks."""

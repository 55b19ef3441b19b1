"""`python -m s2sad`, the same as the command `s2sad`."""

from s2sad.cli import main

if __name__ == "__main__":
    main()

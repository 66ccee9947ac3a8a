"""The self-test of a real board: a pulse source of its own, wired to its own input."""

"""Traces of the meter's light: their file format, replaying them, drawing them."""

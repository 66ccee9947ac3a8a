"""A real board on a serial port: finding it, talking to it, filling it."""

"""What ticks functions with a period of 2**30 answer: the wasm32 build's, and so the chip's.

Checked on wasm32 itself and on the imitated board, so neither can drift from the other.
"""

PERIOD = 1 << 30
_HALF = PERIOD >> 1

# (ticks, delta, sum); None: OverflowError.
ADD = (
    (0, -1, PERIOD - 1),
    (0, 1, 1),
    (PERIOD - 1, 1, 0),
    (5, _HALF - 1, 536870916),
    (5, -_HALF + 1, 536870918),
    (5, _HALF, None),
    (5, -_HALF, None),
    (5, PERIOD, None),
    (PERIOD - 1, PERIOD - 1, None),
)

# (end, start, difference)
DIFF = (
    (0, 0, 0),
    (1, 0, 1),
    (0, 1, -1),
    (PERIOD - 1, 0, -1),
    (0, PERIOD - 1, 1),
    (_HALF, 0, -_HALF),
    (0, _HALF, -_HALF),
    (_HALF - 1, 0, _HALF - 1),
    (0, _HALF - 1, -_HALF + 1),
    (_HALF + 1, 0, -_HALF + 1),
    (100, PERIOD - 100, 200),
    (PERIOD - 100, 100, -200),
)


def check(time):
    """Compare a ``time`` module with the table."""
    for ticks, delta, expected in ADD:
        try:
            found = time.ticks_add(ticks, delta)
        except OverflowError:
            found = None
        assert found == expected, ("ticks_add", ticks, delta, found)
    for end, start, expected in DIFF:
        assert time.ticks_diff(end, start) == expected, ("ticks_diff", end, start)

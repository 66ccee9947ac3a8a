"""That each MicroPython here really has the width it stands for."""

import sys
import time


def test_it_is_micropython():
    assert sys.implementation.name == "micropython"


def test_ticks_have_the_period_of_the_small_int():
    # The interpreters differ on purpose: the wasm32 build has the ESP32's width.
    build = sys.implementation._build
    period = time.ticks_add(0, -1) + 1
    assert period == (1 << 30 if build == "wasi" else 1 << 62), (build, period)


def test_tick_differences_wrap():
    last = time.ticks_add(0, -1)
    assert time.ticks_diff(0, last) == 1
    assert time.ticks_diff(last, 0) == -1

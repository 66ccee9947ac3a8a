"""The self-test of a board, on the imitated one: it passes, and it finds what is wrong."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import os
import sys

import esp32
import flash
import network
from world import world

sys.path.append(__file__.rsplit("/", 3)[0] + "/tools/selftest")

from board_selftest import RATES_HZ, SelfTest, sequence

OUTPUT = 25
PULSE = 34
SECONDS = 10


def board(wired=True, pcnt=True):
    """Prepare a board with a file system, a wire, and a radio that blocks while it scans."""
    shims.install()
    try:
        os.umount("/flash")
    except OSError:
        pass
    world.powered = False
    device = flash.FileFlash("flash.img", 32)
    os.VfsLfs2.mkfs(device, progsize=256, readsize=64)
    os.mount(os.VfsLfs2(device, progsize=256, readsize=64), "/flash")
    os.chdir("/flash")
    world.powered = True
    if wired:
        world.wires[OUTPUT] = PULSE
    network.WLAN.scan = lambda self: world.stall(1500000) or []
    kept = esp32.PCNT
    if not pcnt:
        del esp32.PCNT
    return kept


def done(kept):
    """Leave the scratch folder as it was."""
    esp32.PCNT = kept
    os.chdir("/")
    os.umount("/flash")


def test_a_board_that_counts_right_passes_at_every_rate():
    for active_low in (False, True):
        kept = board()
        test = SelfTest(OUTPUT, PULSE, active_low, SECONDS)
        assert test.wired()
        results = test.run()
        assert [result["rate_hz"] for result in results] == list(RATES_HZ)
        for result in results:
            assert result["truth"] == result["rate_hz"] * SECONDS
            assert result["pcnt"] == result["truth"], result
            assert result["register"] == result["truth"], result
            by = result["disturbances"]
            assert by["gc"] > 0 and by["flash"] > 0 and by["wifi"] > 0, by
            # The radio's stalls were felt, or the test has tested nothing.
            assert result["longest_stall_us"] > 1000000, result
        # At 20 a second the handler alone misses some: that is what the counter is for.
        assert results[-1]["handler_pulses"] < results[-1]["truth"], results[-1]
        assert results[-1]["missed"] > 0
        assert "selftest.tmp" not in os.listdir()
        done(kept)


def test_without_a_counter_it_says_so_and_never_counts_too_many():
    kept = board(pcnt=False)
    for result in SelfTest(OUTPUT, PULSE, False, SECONDS).run():
        assert result["pcnt"] is None
        assert result["register"] <= result["truth"], result
    done(kept)


def test_a_missing_wire_is_noticed():
    for active_low in (False, True):
        kept = board(wired=False)
        assert not SelfTest(OUTPUT, PULSE, active_low, SECONDS).wired()
        done(kept)


def test_a_counter_that_counts_nothing_is_seen():
    kept = board()
    real = kept.value
    kept.value = lambda self, value=None: 0
    try:
        results = SelfTest(OUTPUT, PULSE, False, SECONDS).run()
    finally:
        kept.value = real
    assert all(result["pcnt"] == 0 for result in results)
    done(kept)


def test_the_sequence_lasts_as_long_as_it_should():
    for rate_hz in RATES_HZ:
        durations, levels = sequence(rate_hz, 5, False)
        assert len(durations) == len(levels)
        assert sum(durations) == 5 * 1000 // rate_hz * 400
        assert max(durations) <= 32767 and min(durations) > 0
        assert sum([d for d, level in zip(durations, levels) if level]) == 5 * 30 * 400

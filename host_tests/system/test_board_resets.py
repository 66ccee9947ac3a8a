"""How the imitated board ends its process, and what it finds when it starts again.

A reset of the chip is the end of a process here: its exit code tells the supervisor what
kind of reset it was.
"""

import subprocess
from pathlib import Path

import pytest

import interpreters

ROOT = Path(__file__).parents[2]
SHIMS = ROOT / "tools" / "simulator" / "esp32"

HARD, WATCHDOG, SOFT = 3, 4, 5
PATIENCE_S = 60


def run(folder: Path, code: str, cause: str = "power_on") -> subprocess.CompletedProcess:
    """Run code on a board whose memory is in a folder."""
    prelude = (
        f"import sys; sys.path.insert(0, {str(SHIMS)!r})\n"
        f"import shims; world = shims.install(None, 0, {str(folder)!r})\n"
        f"import machine, time; machine.set_reset_cause({cause!r})\n"
    )
    return subprocess.run(
        interpreters.UNIX.command(ROOT, prelude + code),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def exit_code(folder: Path, code: str) -> int:
    ended = run(folder, code)
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.returncode


def test_resets_end_the_process_with_their_codes(tmp_path):
    assert exit_code(tmp_path, "machine.reset()") == HARD
    assert exit_code(tmp_path, "machine.soft_reset()") == SOFT
    assert exit_code(tmp_path, "time.sleep(100)") == 0


def test_a_reset_cannot_be_caught_as_an_exception(tmp_path):
    code = "try:\n    machine.reset()\nexcept Exception:\n    pass\n"
    assert exit_code(tmp_path, code) == HARD


def test_a_reset_ends_asyncio_too(tmp_path):
    code = (
        "import asyncio\n"
        "async def resets():\n"
        "    await asyncio.sleep_ms(10)\n"
        "    machine.reset()\n"
        "async def main():\n"
        "    await asyncio.gather(resets(), resets(), return_exceptions=True)\n"
        "asyncio.run(main())\n"
    )
    assert exit_code(tmp_path, code) == HARD


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [("time.sleep(4.9)", 0), ("time.sleep(5.1)", WATCHDOG)],
)
def test_a_watchdog_not_fed_resets(tmp_path, seconds, expected):
    assert exit_code(tmp_path, f"machine.WDT(timeout=5000)\n{seconds}") == expected


def test_a_watchdog_bites_inside_a_stall(tmp_path):
    # DNS and TLS block longer than a short watchdog waits.
    assert exit_code(tmp_path, "machine.WDT(timeout=2000)\nworld.stall(2500000)") == WATCHDOG
    assert exit_code(tmp_path, "machine.WDT(timeout=2000)\nworld.stall(1500000)") == 0


def test_a_fed_watchdog_waits_anew(tmp_path):
    code = (
        "dog = machine.WDT(timeout=2000)\n"
        "for _ in range(10):\n"
        "    time.sleep(1.9)\n"
        "    dog.feed()\n"
        "print('fed', world.now_us)\n"
    )
    ended = run(tmp_path, code)
    assert ended.returncode == 0
    assert ended.stdout.split()[:1] == ["fed"]
    assert exit_code(tmp_path, code + "time.sleep(2.1)\n") == WATCHDOG


def test_a_watchdog_cannot_be_stopped(tmp_path):
    code = "dog = machine.WDT(timeout=1000)\nassert not hasattr(dog, 'deinit')\ndel dog\n"
    assert exit_code(tmp_path, code + "time.sleep(2)") == WATCHDOG


def test_building_the_watchdog_again_sets_its_time_out(tmp_path):
    code = "machine.WDT(timeout=1000)\nmachine.WDT(timeout=9000)\n"
    assert exit_code(tmp_path, code + "time.sleep(8)") == 0
    assert exit_code(tmp_path, code + "time.sleep(10)") == WATCHDOG


def test_a_watchdog_of_less_than_a_second_is_refused(tmp_path):
    for arguments in ("timeout=999", "id=1", "timeout=0"):
        ended = run(tmp_path, f"machine.WDT({arguments})")
        assert ended.returncode == 1
        assert "ValueError" in ended.stdout + ended.stderr


def test_rtc_memory_and_clock_outlive_a_reset_and_not_a_power_cut(tmp_path):
    write = (
        "machine.RTC().memory(b'kept')\n"
        "machine.RTC().datetime((2026, 11, 24, 1, 12, 0, 0, 0))\n"
        "machine.soft_reset()"
    )
    read = "print(machine.RTC().memory(), time.gmtime()[0], machine.reset_cause())"
    assert run(tmp_path, write).returncode == SOFT
    assert run(tmp_path, read, "soft").stdout == "b'kept' 2026 5\n"
    assert run(tmp_path, read, "watchdog").stdout == "b'kept' 2026 3\n"
    # The supervisor takes the file away with the power.
    (tmp_path / "rtc_memory.bin").unlink()
    assert run(tmp_path, read, "power_on").stdout == "b'' 2000 1\n"

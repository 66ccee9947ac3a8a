"""The kinds of fault: how each strikes, and how it ends.

A kind is a function of the run and of a source of chance. It strikes at the present virtual
instant; what lasts, it files to end later. Every kind ends with ``run.recovered``.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable

from tools.simulator.pulse_clock import NEVER_US

from .board_line import Action
from .ledger import BEAT_US, SAVE_US
from .run import SECOND_US, Run

MINUTE_US = 60 * SECOND_US
Kind = Callable[[Run, random.Random, str], None]

_WATCHDOG_US = 31 * SECOND_US
_TEAR_PATIENCE_US = 600 * SECOND_US
_TEARS = ("not done", "first half done", "bits undecided")
_RECORDS = ("register", "events", "interval", "outbox")
_RTC_FILE = "rtc_memory.bin"


def _minutes(run: Run, rng: random.Random, most: int) -> int:
    """How long a fault lasts: mostly short, at times long."""
    return round(rng.uniform(0.2, 1.0) ** 3 * most * MINUTE_US * run.options.lasting)


def _off_us(rng: random.Random) -> int:
    return round(rng.choice((0, 1, 5, 30, 300)) * rng.random() * SECOND_US)


# The broker and the network -----------------------------------------------------------------


def broker_killed(run: Run, rng: random.Random, kind: str) -> None:
    run.listening.end()

    def end() -> None:
        run.listening.begin()
        run.recovered(kind)

    run.at(run.now_us + _minutes(run, rng, 60), end)


def broker_hangs(run: Run, rng: random.Random, kind: str) -> None:
    process = run.listening.broker.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)

    def end() -> None:
        os.kill(process.pid, signal.SIGCONT)
        run.recovered(kind)

    run.at(run.now_us + _minutes(run, rng, 40), end)


def broker_empty(run: Run, rng: random.Random, kind: str) -> None:
    run.listening.end(kill=False)
    run.listening.begin()
    run.recovered(kind)


def network_away(run: Run, rng: random.Random, kind: str) -> None:
    run.excuses.add("network")
    run.conditions["network"] = ["away", True]
    run.relay.silence()
    run.tell(["away", True])

    def end() -> None:
        run.conditions.pop("network")
        run.relay.speak()
        run.tell(["away", False])
        run.excuses.discard("network")
        run.recovered(kind)

    run.at(run.now_us + _minutes(run, rng, 90), end)


def dns_hangs(run: Run, rng: random.Random, kind: str) -> None:
    hang_us = round(rng.uniform(2, 20) * SECOND_US)
    action: Action = ["dns_hangs", hang_us]
    run.excuses.add("dns")
    run.conditions["dns"] = action
    run.tell(action)
    # Whoever loses its broker looks it up again.
    run.relay.speak()
    run.ledger.blocked(NEVER_US)
    # The look-ups of time server and broker may come one after the other.
    run.blocks_us = 2 * hang_us

    def end() -> None:
        run.conditions.pop("dns")
        run.tell(["dns_hangs", 0])
        run.ledger.blocked(run.now_us)
        run.blocks_us = 0
        run.excuses.discard("dns")
        run.recovered(kind)

    run.at(run.now_us + _minutes(run, rng, 15), end)


# The clock ----------------------------------------------------------------------------------


def clock_stepped(run: Run, rng: random.Random, kind: str) -> None:
    seconds = round(rng.choice((-1, 1)) * 10 ** rng.uniform(0.3, 5.4))
    run.tell(["step_clock", seconds])

    def end() -> None:
        run.tell(["step_clock", 0])
        run.recovered(kind)

    run.at(run.now_us + _minutes(run, rng, 90), end)


def ntp_silent(run: Run, rng: random.Random, kind: str) -> None:
    run.conditions["ntp"] = ["ntp_silent", True]
    # It is after a start that the time is asked for.
    run.power_cycle("power_on", off_us=_off_us(rng), first=[["ntp_silent", True]])
    run.count_lost(kind)

    def end() -> None:
        run.conditions.pop("ntp")
        run.tell(["ntp_silent", False])
        run.recovered(kind)

    run.at(run.now_us + _minutes(run, rng, 120), end)


# Flash and memory ---------------------------------------------------------------------------


def flash_full(run: Run, rng: random.Random, kind: str) -> None:
    run.tell(["fill_flash"])

    def end() -> None:
        run.tell(["clear_flash"])
        run.recovered(kind)

    run.at(run.now_us + _minutes(run, rng, 90), end)


def torn_write(run: Run, rng: random.Random, kind: str) -> None:
    run.line.order(run.now_us + _TEAR_PATIENCE_US, do=[["tear", rng.choice(_TEARS)]])
    report = run.line.wait()
    run.now_us = max(run.now_us, report.t_us)
    run.power_cycle("power_on", off_us=_off_us(rng))
    run.recovered(kind, reset=True)


def nvs_erased(run: Run, rng: random.Random, kind: str) -> None:
    run.tell(["exhaust_nvs"])
    run.power_cycle("power_on", SAVE_US, _off_us(rng))
    run.recovered(kind, reset=True)


def bit_flipped(run: Run, rng: random.Random, kind: str) -> None:
    record, place, bit = rng.choice(_RECORDS), rng.randrange(1000), rng.randrange(8)

    def in_nvs() -> None:
        path = run.state / "nvs.json"
        entries = json.loads(path.read_text())
        key = f"omnipower/{record}"
        if entries.get(key):
            blob = bytearray.fromhex(entries[key])
            blob[place * (len(blob) - 1) // 1000] ^= 1 << bit
            entries[key] = blob.hex()
            path.write_text(json.dumps(entries))

    if rng.random() < 0.5:
        run.power_cycle("power_on", SAVE_US, _off_us(rng), while_off=in_nvs)
    else:
        flip = ["flip_in_file", f"{record}.rec", place, bit]
        run.power_cycle("power_on", SAVE_US, _off_us(rng), first=[flip])
    run.recovered(kind, reset=True)


def heap_taken(run: Run, rng: random.Random, kind: str) -> None:
    run.excuses.add("heap")
    run.conditions["heap"] = []
    run.tell(["take_heap", round(2 ** rng.uniform(14, 17))])

    def end() -> None:
        if "heap" in run.conditions:
            run.conditions.pop("heap")
            run.tell(["give_heap"])
            run.excuses.discard("heap")
        run.recovered(kind)

    run.at(run.now_us + _minutes(run, rng, 30), end)


# Resets -------------------------------------------------------------------------------------


def loop_hangs(run: Run, rng: random.Random, kind: str) -> None:
    begun_us = run.now_us
    run.line.order(run.now_us + 1, do=[["block", _WATCHDOG_US]])
    report = run.line.wait()
    run.now_us = max(run.now_us, report.t_us)
    if report.why != "end":
        run.violated("the watchdog did not bite")
        run.recovered(kind)
        return
    run.power_cycle("watchdog", run.now_us - begun_us + BEAT_US)
    run.recovered(kind, reset=True)


def brown_out(run: Run, rng: random.Random, kind: str) -> None:
    """The supply sags: what RTC memory holds afterwards is anybody's guess."""
    path = run.state / _RTC_FILE
    kept = path.read_bytes() if path.exists() else b""
    chance = rng.random()

    def sagged() -> None:
        if chance < 0.3:
            path.write_bytes(kept)
        elif chance < 0.8:
            path.write_bytes(bytes(byte & rng.randrange(256) for byte in kept))

    run.power_cycle("power_on", SAVE_US, while_off=sagged)
    run.recovered(kind, reset=True)


def power_cut(run: Run, rng: random.Random, kind: str) -> None:
    run.go(run.now_us + rng.randrange(1, 20 * SECOND_US), exact=True)
    run.power_cycle("power_on", SAVE_US, _off_us(rng))
    run.recovered(kind, reset=True)


# The page -----------------------------------------------------------------------------------


def http_flood(run: Run, rng: random.Random, kind: str) -> None:
    run.line.order(run.now_us + 3600 * SECOND_US, pace=10.0)
    for client in run.page.flood(rng.randint(20, 80), rng.randint(4, 16), rng):
        client.join()
    report = run.line.halt()
    run.now_us = max(run.now_us, report.t_us)
    run.recovered(kind)


# How often each strikes, relative to the others.
KINDS: dict[str, tuple[Kind, int]] = {
    "broker killed": (broker_killed, 3),
    "broker hangs": (broker_hangs, 3),
    "broker restarted empty": (broker_empty, 3),
    "network away": (network_away, 3),
    "DNS hangs": (dns_hangs, 3),
    "clock stepped": (clock_stepped, 4),
    "time servers silent": (ntp_silent, 2),
    "flash full": (flash_full, 3),
    "torn write": (torn_write, 6),
    "NVS erased": (nvs_erased, 3),
    "bit flipped in a record": (bit_flipped, 5),
    "heap taken": (heap_taken, 3),
    "loop hangs, watchdog": (loop_hangs, 5),
    "brown-out": (brown_out, 5),
    "power cut": (power_cut, 8),
    "HTTP flood": (http_flood, 4),
}
# These share a part and do not strike while another of them lasts.
BROKER = ("broker killed", "broker hangs", "broker restarted empty")
# These cost one of two copies, so they do not strike while the other may not be written: two
# copies lost at once are more than the reader is built for.
ONE_COPY = ("NVS erased", "bit flipped in a record")
NO_COPY = ("heap taken", "flash full")

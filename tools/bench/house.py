"""Four weeks of a real house, with every impairment, three power cuts and a bad night.

HOUSE_DAYS=N in the environment plays N days (1 to 28; 28), HOUSE_FROM=N leaves out the first N
(0): it is a month of its own that begins there, with other draws than those of the whole one.
HOUSE_DROP=N loses N of a million callbacks at random (1000), besides those that the chip loses.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from tools.simulator.impairment import Lamp
from tools.simulator.profile import MINUTE_US, load_profile
from tools.simulator.pulse_clock import KWH_W_US

from . import trace
from .explain import Explainer, Light, emi_spikes, lamp_bursts, match
from .explain import read as read_log
from .match import LESSON, MICROPYTHON, ROOT, RunError
from .scenario import Impairment

PROFILE = Path(__file__).parent / "data" / "household_2007-02.csv.gz"
HOUSE_RUN = Path(__file__).parent / "board" / "house_run.py"
TARIFFS = ROOT / "firmware" / "tariffs"
MONTH_DAYS = 28
# As in the scenario of all impairments together.
DROP_PER_MILLION = 1_000
WIDTH_US = 30_000
HOUR_US = 3_600_000_000
HOUR_S = 3_600
# February 2007 is played as January 2026, whose days fall on the same weekdays: the
# tariffs are those of 2026. Local time is an hour ahead of UTC throughout.
FIRST_DAY = date(2026, 1, 1)
WINTER = timezone(timedelta(hours=1))
HOLIDAYS = (date(2026, 1, 1), date(2026, 1, 6))
BEGIN_S = int(datetime(2026, 1, 1, tzinfo=WINTER).timestamp())
UTC_AT_0 = BEGIN_S - trace.LEAD_US // 1_000_000
LAMP_FROM_US = trace.LEAD_US + HOUR_US
# Meter and reader are without power for so long; the house's month goes on afterwards.
OFF_US = 300_000_000
# The register is saved 10 s after the pulse at the latest; a cut this long after the last
# pulse costs none, one right after a pulse costs those of 10 s at most.
AFTER_PULSE_US = 11_000_000
IMPAIRMENT = Impairment(
    bounce_us=2_000,
    lamp=True,
    emi_per_s=0.2,
    # Garbage collection every 10 s, a name look-up of a second about every hour; flash
    # blocks by itself, at each save.
    stalls_us=((10_000_000, 40_000), (3_700_000_000, 1_000_000)),
)
# While the network is away a name look-up blocks for a second each minute.
NIGHT_HOURS = (22, 30)
LOOKUP_US = (60_000_000, 1_000_000)
# Hours of the day at which the power is cut.
CUT_HOURS = (2, 4, 13)
# A pulse is judged so long after its start: light, bounce, debounce, two beats.
JUDGED_US = 200_000


class HallLamp(Lamp):
    """A lamp that is switched on two or three times a day, for half a minute."""

    BURST_S = (20, 40)
    PAUSE_S = (25_000, 45_000)


@dataclass(frozen=True)
class Peaks:
    """A tariff's peaks of the month: (UTC in s, mean W), highest first, and what is charged."""

    peaks: list[tuple[int, int]]
    charged_w: int | None

    def are(self, true: Peaks) -> bool:
        """Whether they are the same hours, each to the pulse that begins at its end."""
        if [start_s for start_s, _ in self.peaks] != [start_s for start_s, _ in true.peaks]:
            return False
        pairs = zip(self.peaks, true.peaks, strict=True)
        return all(abs(mean_w - true_w) <= 1 for (_, mean_w), (_, true_w) in pairs)


@dataclass(frozen=True)
class House:
    """What the reader made of the month, and what it was.

    `hours_moved`: hours that differ by a pulse at their end, which began up to 0.2 s before
    it or before it was closed, 0.3 s later; `hours_wrong`: those that differ for no
    such reason, so that a pulse was missed or added in them.
    """

    days: int
    edges: int
    pulses: int
    counted: int
    lost_by_cuts: list[int]
    hours: int
    hours_exact: int
    hours_moved: int
    hours_wrong: list[int]
    peaks_true: dict[str, Peaks]
    peaks: dict[str, Peaks]
    counters: dict[str, int] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """What is not as it should be, one line each."""
        lines = []
        if self.counted != self.pulses:
            lines.append(f"register {self.counted}, meter {self.pulses} pulses")
        if any(self.lost_by_cuts):
            lines.append(f"power cuts lost {self.lost_by_cuts} pulses")
        lines += [f"hour from {start_s} is wrong" for start_s in self.hours_wrong]
        for name, true in self.peaks_true.items():
            if name not in self.peaks or not self.peaks[name].are(true):
                lines.append(f"peaks of {name}: {self.peaks.get(name)}, source {true}")
        return lines


def days_wanted() -> int:
    """HOUSE_DAYS; ValueError says what is accepted."""
    text = os.environ.get("HOUSE_DAYS", str(MONTH_DAYS))
    if not text.isdecimal() or not 1 <= int(text) <= MONTH_DAYS:
        raise ValueError(f"HOUSE_DAYS={text}: accepted: 1 to {MONTH_DAYS}")
    return int(text)


def first_day(days: int) -> int:
    """HOUSE_FROM; ValueError says what is accepted."""
    return _from_environment("HOUSE_FROM", MONTH_DAYS - days, f" with {days} days")


def drop_per_million() -> int:
    """HOUSE_DROP; ValueError says what is accepted."""
    return _from_environment("HOUSE_DROP", 100_000, default=DROP_PER_MILLION)


def _from_environment(name: str, most: int, where: str = "", default: int = 0) -> int:
    text = os.environ.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or int(text) > most:
        raise ValueError(f"{name}={text}: accepted: 0 to {most}{where}")
    return int(text)


def live(
    work: Path,
    seed: int,
    days: int = MONTH_DAYS,
    first: int = 0,
    explained: list[str] | None = None,
) -> House:
    """Play days of the month to a reader, with three power cuts and a bad night."""
    powers_w = load_profile(str(PROFILE)).minute_powers_w[first * 1440 : (first + days) * 1440]
    cut_days = [days * k // 4 for k in (1, 2, 3)]
    base = work / f"house-{seed}-{first}-{days}"
    return play(base, seed, powers_w, cut_days, days * 3 // 8, explained=explained)


def explain(work: Path, seed: int) -> list[str]:
    """Play the days wanted, and tell of each wrong hour what was missed or added, and why."""
    days = days_wanted()
    lines: list[str] = []
    live(work, seed, days, first_day(days), lines)
    return lines


def play(
    base: Path,
    seed: int,
    powers_w: tuple[int, ...],
    cut_days: list[int],
    night_day: int,
    swallow: int | None = None,
    explained: list[str] | None = None,
) -> House:
    """Play a load of so many W in each minute.

    `base`: path of the files made for it, without suffix; `swallow`: the light of this
    pulse, counted from 0, never reaches the reader; `explained` is filled with lines on
    each difference.
    """
    path = base.with_suffix(".trace")
    load, cuts = _load(powers_w, cut_days)
    pulses_us: list[int] = []
    lamp = HallLamp(random.Random(f"{seed} lamp"), LAMP_FROM_US)
    edges = 0

    def counted() -> Iterator[trace.Edge]:
        nonlocal edges
        for edge in trace.play(load, WIDTH_US, IMPAIRMENT, lamp, seed, pulses_us):
            hidden = swallow is not None and len(pulses_us) == swallow + 1
            if hidden and edge[0] - pulses_us[-1] < 2 * WIDTH_US:
                continue
            edges += 1
            yield edge

    trace.write(path, counted())
    lesson = path.with_suffix(".lesson")
    light = Impairment(bounce_us=IMPAIRMENT.bounce_us, emi_per_s=IMPAIRMENT.emi_per_s)
    trace.write(lesson, trace.generate(LESSON, WIDTH_US, light, seed + 1)[0])
    # In memory where there is such a folder: a month saves a quarter of a million times.
    memory = Path("/dev/shm")
    flash = tempfile.mkdtemp(prefix="bench-house-", dir=memory if memory.is_dir() else None)
    night = [trace.LEAD_US + (night_day * 24 + hour) * HOUR_US for hour in NIGHT_HOURS]
    end_us = load[-1][0]
    job = {
        "trace": str(path),
        "lesson": str(lesson),
        "state_dir": flash,
        "tariffs": str(TARIFFS),
        "utc_at_0": UTC_AT_0,
        "end_us": end_us + 20_000_000,
        "stalls_us": IMPAIRMENT.stalls_us,
        "drop_per_million": drop_per_million(),
        "settings": {},
        "cuts": cuts,
        "night": [*night, *LOOKUP_US],
        "log": None if explained is None else str(base.with_suffix(".log")),
    }
    job_path = path.with_suffix(".job")
    job_path.write_text(json.dumps(job))
    # As it was said, for whoever looks for the cause of a difference.
    said = base.with_suffix(".said")
    # A month of hours and their JSON want more than the interpreter takes by itself.
    command = [str(MICROPYTHON), "-X", "heapsize=64M", str(HOUSE_RUN), str(job_path)]
    try:
        told = _run(command)
    finally:
        shutil.rmtree(flash, ignore_errors=True)
    said.write_text(json.dumps(told))
    path.unlink()
    month = _compare(len(powers_w) // 1440, edges, load, pulses_us, told)
    if explained is not None:
        end_us = load[-1][0]
        bursts = lamp_bursts(HallLamp(random.Random(f"{seed} lamp"), LAMP_FROM_US), end_us)
        spikes = emi_spikes(seed, IMPAIRMENT.emi_per_s, end_us)
        shone = Light(pulses_us, WIDTH_US, load, bursts, spikes, cuts)
        explained += _tell(month, shone, base.with_suffix(".log"))
    return month


def _tell(month: House, light: Light, path: Path) -> Iterator[str]:
    """Each wrong hour, and what happened in it; at last what lies in no wrong hour."""
    log = read_log(path)
    findings, paired = match(light.pulses_us, log)
    # What was counted in another hour than it was lit, and not just at its end.
    moved = [
        f
        for f in paired
        if _hour(f.at_us) != _hour(f.counted_us or 0)
        and (f.counted_us or 0) - f.at_us > JUDGED_US + 300_000
    ]
    findings += moved
    explainer = Explainer(light, log, path)
    yield f"{month.days} days: register {month.counted}, meter {month.pulses} pulses"
    for start_s in month.hours_wrong:
        hour = (start_s - BEGIN_S) // HOUR_S
        within = [f for f in findings if hour in (_hour(f.at_us), _hour(f.counted_us or f.at_us))]
        day = f"day {hour // 24 + 1}, {hour % 24:02}:00"
        yield f"== hour {hour} ({day}), from {hour * HOUR_S + 1} s: {len(within)} findings"
        yield from explainer.tell(within)
        findings = [f for f in findings if f not in within]
    yield "== in no wrong hour"
    yield from explainer.tell(findings)


def _hour(t_us: int) -> int:
    return (t_us - trace.LEAD_US) // HOUR_US


def _run(command: list[str]) -> dict:
    """Run the reader, passing on its days as they go, and return what it says at the end."""
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            last = line
            lines.append(line)
            if line.startswith("day "):
                print(f"house: {line.strip()}", flush=True)
    if process.returncode or not last.startswith("{"):
        raise RunError(f"house_run: {''.join(lines)[-2000:]}")
    return json.loads(last)


def _compare(
    days: int, edges: int, load: list[tuple[int, int]], pulses_us: list[int], told: dict
) -> House:
    hours = len(load_hours := energy_by_hour(load))
    counted = dict(told["hours"])
    # How far the register was out at the hours' ends, at least and at most: a pulse that
    # began just before may be counted in the next hour, and nothing else may differ.
    out: dict[int, tuple[int, int]] = {BEGIN_S: (0, 0)}
    for (_, start_s, _, total), closed_us in zip(told["records"], told["closed"], strict=True):
        end_us = (start_s + 900 - UTC_AT_0) * 1_000_000
        if closed_us is None or end_us % HOUR_US != trace.LEAD_US:
            continue
        known = bisect_right(pulses_us, min(closed_us, end_us) - JUDGED_US)
        seen = bisect_right(pulses_us, closed_us)
        out[start_s + 900] = (total - seen, total - known)
    exact, moved, wrong = 0, 0, []
    for hour, pulses in enumerate(load_hours):
        start_s = BEGIN_S + hour * HOUR_S
        if counted.get(start_s) == pulses:
            exact += 1
        elif _same(out.get(start_s), out.get(start_s + HOUR_S)):
            moved += 1
        else:
            wrong.append(start_s)
    return House(
        days=days,
        edges=edges,
        pulses=len(pulses_us),
        counted=told["pulses"],
        lost_by_cuts=told["lost_by_cuts"],
        hours=hours,
        hours_exact=exact,
        hours_moved=moved,
        hours_wrong=wrong,
        peaks_true={name: _peaks(name, load_hours) for name in sorted(told["peaks"])},
        peaks={
            name: Peaks(
                [(start_s, mean_w) for start_s, mean_w, _ in one["peaks"]], one["month_peak_w"]
            )
            for name, one in told["peaks"].items()
        },
        counters=told["counters"],
    )


def _same(before: tuple[int, int] | None, after: tuple[int, int] | None) -> bool:
    """Whether the register may have been out by as much at both ends of an hour."""
    if before is None or after is None:
        return False
    return before[0] <= after[1] and after[0] <= before[1]


def energy_by_hour(load: list[tuple[int, int]]) -> list[int]:
    """Whole pulses of each full hour, from the powers alone."""
    at_us, power_w = load[0]
    energy = 0
    edge_us = at_us + HOUR_US
    ends = []
    for change_us, next_w in load[1:]:
        while edge_us <= change_us:
            energy += power_w * (edge_us - at_us)
            at_us = edge_us
            edge_us += HOUR_US
            ends.append(energy * trace.IMP_PER_KWH // KWH_W_US)
        energy += power_w * (change_us - at_us)
        at_us, power_w = change_us, next_w
    return [b - a for a, b in zip([0, *ends], ends, strict=False)]


def _peaks(name: str, hours: list[int]) -> Peaks:
    """The month's peaks under a tariff, written anew from the tariff's file alone.

    A pulse is a Wh, so an hour's pulses are its mean power in W.
    """
    tariff = json.loads((TARIFFS / f"{name}.json").read_text())
    weighed = []
    for hour, mean_w in enumerate(hours):
        local = datetime.fromtimestamp(BEGIN_S + hour * HOUR_S, WINTER)
        charged_w = (mean_w * _percent(tariff, local) + 50) // 100
        weighed.append((-charged_w, hour, local.date(), mean_w))
    chosen: list[tuple[int, int, date, int]] = []
    for one in sorted(weighed):
        taken = tariff.get("one_per_day", True) and one[2] in [other[2] for other in chosen]
        if one[0] and not taken and len(chosen) < tariff["peaks"]:
            chosen.append(one)
    mean = sum(-one[0] for one in chosen)
    return Peaks(
        [(BEGIN_S + hour * HOUR_S, mean_w) for _, hour, _, mean_w in chosen],
        (mean + len(chosen) // 2) // len(chosen) if chosen else None,
    )


def _percent(tariff: dict, local: datetime) -> int:
    outside = tariff.get("outside_percent", 0)
    if local.month not in tariff.get("months", range(1, 13)):
        return outside
    if local.isoweekday() not in tariff.get("weekdays", range(1, 8)):
        return outside
    if tariff.get("holidays_off", "none") != "none" and local.date() in HOLIDAYS:
        return outside
    inside = tariff.get("hour_from", 0) <= local.hour < tariff.get("hour_to", 24)
    return tariff.get("weight_percent", 100) if inside else outside


def _load(
    powers_w: tuple[int, ...], cut_days: list[int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The days as changes of power, with power cuts in them."""
    plain = [(trace.LEAD_US + k * MINUTE_US, power_w) for k, power_w in enumerate(powers_w)]
    plain.append((trace.LEAD_US + len(powers_w) * MINUTE_US, 0))
    cuts: list[tuple[int, int]] = []
    for day, hour in zip(cut_days, CUT_HOURS, strict=False):
        # Times move by the cuts before; a cut moves everything after it.
        quiet_us = _quiet_us(plain, (day * 24 + hour) * HOUR_US)
        if quiet_us is None:
            continue
        off_us = quiet_us + AFTER_PULSE_US
        cut = bisect_right(plain, (off_us, 1 << 30))
        power_w = plain[cut - 1][1]
        after = [(t_us + OFF_US, w) for t_us, w in plain[cut:]]
        plain = [*plain[:cut], (off_us, 0), (off_us + OFF_US, power_w), *after]
        cuts.append((off_us, off_us + OFF_US - 1_000_000))
    return plain, cuts


def _quiet_us(load: list[tuple[int, int]], from_us: int) -> int | None:
    """The first pulse from a time on after which there is none for long enough, if any."""
    pulses_us: list[int] = []
    for _ in trace.play(load, 2_000, Impairment(), None, 0, pulses_us):
        if len(pulses_us) < 2 or pulses_us[-2] < from_us:
            continue
        if pulses_us[-1] - pulses_us[-2] > AFTER_PULSE_US + 1_000_000:
            return pulses_us[-2]
    return None

"""One scenario: the same edges to every reader, and what each made of them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.simulator.impairment import Lamp

from . import esphome, oracle, others, trace
from .explain import Explainer, Light, emi_spikes, lamp_bursts
from .explain import match as pair
from .explain import read as read_log
from .export import file_name
from .export import own_seed as seed_of
from .load import LOADS
from .metrics import Measures, Sample, measure, parse_samples
from .scenario import Impairment, Scenario

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).parent / "micropython"
CORE_RUN = Path(__file__).parent / "board" / "core_run.py"
# Readers judge a pulse some time after it; what they show is compared up to the load's end.
TAIL_US = 3_000_000
# A quiet minute or two at set-up, in which the pulse's width is learned.
LESSON = [(75, 1_500)]
OURS = "this firmware"
ORACLE = "ideal counter"


class RunError(Exception):
    """A reader's program failed; the text is what it said."""


@dataclass(frozen=True)
class Result:
    """What the readers made of one scenario; `counters`: this firmware's own."""

    scenario: Scenario
    pulses: int
    edges: int
    measures: dict[str, Measures]
    counters: dict

    def best_esphome(self) -> str:
        """The setting with the least count error, and of those the least power error."""
        names = [setting.name for setting in esphome.SETTINGS]
        return min(
            names,
            key=lambda name: (
                abs(self.measures[name].count_error),
                self.measures[name].rms_percent,
            ),
        )

    def to_json(self) -> dict:
        return asdict(self)


def run(command: list[str]) -> str:
    """What a program printed; RunError if it failed."""
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode or ended.stderr:
        raise RunError(f"{' '.join(command[:2])}: {(ended.stderr or ended.stdout)[-2000:]}")
    return ended.stdout


def play(scenario: Scenario, seed: int, program: Path, work: Path) -> Result:
    """Generate a scenario's trace and show it to every reader."""
    name = f"{file_name(scenario.name)}-{seed}"
    path = work / f"{name}.trace"
    own_seed = seed_of(scenario, seed)
    impairment = scenario.impairment
    edges, truth = trace.generate(LOADS[scenario.load], scenario.width_us, impairment, own_seed)
    trace.write(path, edges)
    path.with_suffix(".json").write_text(truth.to_json())
    duration_us = truth.duration_us + TAIL_US
    measures: dict[str, Measures] = {}

    ours, counters = play_ours(scenario, own_seed, path, duration_us)
    measures[OURS] = measure(ours, truth)
    for setting in esphome.SETTINGS:
        command = esphome.command(
            program, path, scenario.start_us, duration_us, setting, impairment.stalls_us
        )
        text = run(command)
        path.with_suffix(f".{file_name(setting.name)}").write_text(text)
        measures[setting.name] = measure(parse_samples(text), truth)
    for debounce_ms in (10, 40):
        samples = others.tasmota(edges, scenario.start_us, debounce_ms * 1_000)
        measures[f"Tasmota {debounce_ms} ms"] = measure(samples, truth)
    samples = others.emonlibcm(edges, 20_000, duration_us)
    measures["emonLibCM 20 ms"] = measure(samples, truth)
    ideal = oracle.bounded(truth)
    measures[ORACLE] = measure(ideal, truth)
    path.unlink()
    return Result(scenario, truth.pulses, len(edges), measures, counters)


def explain(scenario: Scenario, seed: int, work: Path) -> list[str]:
    """Show a scenario to the firmware alone, and tell where its count went wrong."""
    path = work / f"{file_name(scenario.name)}-{seed}-explained.trace"
    own_seed = seed_of(scenario, seed)
    impairment = scenario.impairment
    edges, truth = trace.generate(LOADS[scenario.load], scenario.width_us, impairment, own_seed)
    trace.write(path, edges)
    log_path = path.with_suffix(".log")
    play_ours(scenario, own_seed, path, truth.duration_us + TAIL_US, log_path)
    path.unlink()
    light = Light(
        list(truth.pulses_us),
        scenario.width_us,
        list(truth.load),
        lamp_bursts(Lamp(random.Random(f"{own_seed} lamp"), trace.LEAD_US), truth.duration_us)
        if impairment.lamp
        else [],
        emi_spikes(own_seed, impairment.emi_per_s, truth.duration_us),
    )
    log = read_log(log_path)
    findings, _ = pair(light.pulses_us, log)
    counted = len(log.accepted) + len(log.added)
    head = f"{scenario.name}, load {scenario.load}, seed {seed}: {counted} of {truth.pulses}"
    return [head, *Explainer(light, log, log_path).tell(findings)]


def play_ours(
    scenario: Scenario, seed: int, path: Path, duration_us: int, log: Path | None = None
) -> tuple[list[Sample], dict]:
    """Show a trace to the firmware's counting half under MicroPython on the imitated board."""
    impairment = scenario.impairment
    lesson = path.with_suffix(".lesson")
    light = Impairment(bounce_us=impairment.bounce_us, emi_per_s=impairment.emi_per_s)
    trace.write(lesson, trace.generate(LESSON, scenario.width_us, light, seed + 1)[0])
    samples = path.with_suffix(".ours")
    job = {
        "trace": str(path),
        "lesson": str(lesson),
        "samples": str(samples),
        "start_us": scenario.start_us,
        "duration_us": duration_us,
        "stalls_us": impairment.stalls_us,
        "drop_per_million": impairment.drop_per_million,
        "settings": {},
        "log": log and str(log),
    }
    job_path = path.with_suffix(".job")
    job_path.write_text(json.dumps(job))
    counters = json.loads(run([str(MICROPYTHON), str(CORE_RUN), str(job_path)]))
    return parse_samples(samples.read_text()), counters

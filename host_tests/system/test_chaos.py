"""A short hour of faults, of every kind once; and firmwares that are broken, which must be caught.

A week of it is `make chaos`.
"""

import pytest

from tools.chaos import kinds
from tools.chaos.part import parts, play
from tools.chaos.run import SECOND_US, Options, Run
from tools.simulator.broker import find

pytestmark = pytest.mark.skipif(
    not (find() and find("mosquitto_sub")), reason="mosquitto and mosquitto-clients are missing"
)
# A steady load makes the bounds tight: a pulse every 12 s.
STEADY = "constant:300"

ADDS_ONE = """
from core.energy import Register
add = Register.add
def one_more(self, pulses):
    add(self, pulses + (self.total == 3))
Register.add = one_more
"""
LOSES_ONE = """
from core.energy import Register
add = Register.add
lost = []
def one_less(self, pulses):
    if self.total == 3 and pulses and not lost:
        lost.append(pulses)
        pulses -= 1
    add(self, pulses)
Register.add = one_less
"""
LOSES_ONE_IN_QUIET = LOSES_ONE.replace("== 3", "== 30")
SAVES_SELDOM = """
from services.persistence import Persistence
Persistence.save = lambda self: None
"""
FORGETS = """
from services.persistence import Persistence
Persistence.load = lambda self: False
from services.history import History
History.restore = lambda self, boot: None
"""
SERVES_NO_PAGE = """
from services import web
async def serve(*arguments):
    pass
web.serve = serve
"""
ENDS = """
from services.outbox import Outbox
def run(self):
    raise SystemExit(0)
Outbox.run = run
"""
TELLS_NO_RESET = """
from services.logbook import Logbook
Logbook.write = lambda self, kind, value=0, duration_s=0: None
"""


def test_every_kind_of_fault_once_and_nothing_is_lost():
    (part,) = parts(seed=4, faults=len(kinds.KINDS), hours=0.35, readers=1)
    outcome = play(part, lambda *what: None, lasting=0.15, compiled=False)
    assert outcome.violations == []
    assert set(outcome.tallies) == set(kinds.KINDS)
    assert {tally.count for tally in outcome.tallies.values()} == {1}
    assert outcome.looks > len(kinds.KINDS)
    assert outcome.intervals > 0
    assert outcome.pulses > 0


def test_what_does_not_come_to_its_end_in_time_is_a_violation():
    (part,) = parts(seed=4, faults=0, hours=10000, readers=1, limit_s=2)
    outcome = play(part, lambda *what: None, compiled=False)
    assert len(outcome.violations) == 1
    assert "not played to its end" in outcome.violations[0]


@pytest.mark.parametrize(("code", "complaint"), [("", ""), (LOSES_ONE_IN_QUIET, "lacks 1 too")])
def test_a_quiet_quarter_is_played_without_its_empty_beats_and_to_the_pulse(
    tmp_path, code, complaint
):
    options = Options(tmp_path / "run", "5", profile=STEADY, broken=code, say=lambda text: None)
    run = Run(options)
    try:
        run.start()
        # Not just after a pulse, which may be in the register or not yet.
        run.play(906 * SECOND_US)
        run.look()
        assert run.line.calm
    finally:
        run.close()
    assert run.looks == 2
    assert len(run.violations) == bool(complaint)
    assert complaint in "".join(run.violations)


def broken(folder, code, cut=False):
    """Return the violations of a broken firmware in two minutes, with a power cut or without."""
    run = Run(Options(folder / "run", "5", profile=STEADY, broken=code, say=lambda text: None))
    try:
        run.start()
        run.play(100 * SECOND_US)
        run.look()
        if cut:
            kinds.power_cut(run, run.rng("cut"), "power cut")
        run.play(run.now_us + 20 * SECOND_US)
        run.look()
    finally:
        run.close()
    return "\n".join(run.violations)


def test_a_page_that_does_not_come_back_is_caught(tmp_path):
    run = Run(Options(tmp_path / "run", "5", broken=SERVES_NO_PAGE, say=lambda text: None))
    try:
        run.start()
        run.recovered("nothing")
    finally:
        run.close()
    assert "the page answers after 60.0 s or never" in run.violations[0]


def test_a_firmware_that_ends_is_caught(tmp_path):
    run = Run(Options(tmp_path / "run", "5", broken=ENDS, say=lambda text: None))
    try:
        run.start()
        run.tell()
        run.look()
    finally:
        run.close()
    assert "the firmware has ended" in run.violations[0]


def test_a_sound_firmware_is_not_complained_about(tmp_path):
    assert broken(tmp_path, "", cut=True) == ""


@pytest.mark.parametrize(
    ("code", "cut", "complaint"),
    [
        (ADDS_ONE, False, "is above the truth"),
        (LOSES_ONE, False, "lacks 1 too many"),
        (SAVES_SELDOM, True, "too many: truth"),
        (FORGETS, True, "too many: truth"),
        (TELLS_NO_RESET, True, "events tell nothing"),
    ],
    ids=["adds one", "loses one", "saves nothing", "forgets", "tells no reset"],
)
def test_a_broken_firmware_is_caught(tmp_path, code, cut, complaint):
    assert complaint in broken(tmp_path, code, cut)

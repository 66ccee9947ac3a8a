"""Power fails at every write step of every save, in every way a step can fail.

Real littlefs on flash that tears, the firmware's own stores, journal and persistence. The
register may lose the pulses since the last completed save, and nothing else; a reset, which
keeps RTC memory, may lose nothing at all.
"""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import os

import crash_board
from crash_board import DONE, KINDS, NOT_DONE, Board, Supply

from core import event_log
from core.energy import Register
from core.event_log import EventLog
from drivers import flash_store
from drivers.flash_store import FileStore, NvsStore, RtcStore
from services.persistence import Persistence

READING_KWH = "12345.678"
# Pulses before each save; with events saved before the fourth and the last.
PULSES = (1, 3, 7, 2, 1, 19, 4, 1, 5, 2, 8, 6)
EVENT_SAVES = (3, 11)


class Life:
    """The firmware's storage between one power-on and the next."""

    def __init__(self, board, supply):
        board.power_on(supply)
        self.register = Register(1000)
        self.events = EventLog()
        self.persistence = Persistence(
            self.register,
            self.events,
            (NvsStore(), FileStore("/crash")),
            (RtcStore(),),
            10,
        )
        self.found = self.persistence.load()

    def count(self, pulses):
        """Count pulses as metering does: each beat goes to RTC memory at once."""
        for _ in range(pulses):
            self.register.add(1)
            self.persistence.pulsed()

    def save(self, with_event):
        """Save as ``Persistence.run`` does."""
        if with_event:
            self.events.add(event_log.BOOT, 1, None, 5, 0, self.register.reading_wh())
            self.persistence.event_journal.save(self.events.pack())
        self.persistence.save()


class Truth:
    """What an onlooker knows, whom no power cut makes forget."""

    def __init__(self):
        self.total = 0
        self.saved = 0
        self.checkpoint = 0
        self.events_saved = 0
        self.ever_saved = False


def install():
    """Put the cuttable peripherals where the drivers look for them."""
    shims.install()
    flash_store.esp32.NVS = crash_board.CuttableNvs
    flash_store.RTC = crash_board.CuttableRtc


def live(board, supply, all_pulses=PULSES):
    """Run the saves from a blank register; return the ``Truth`` when the power went."""
    truth = Truth()
    life = Life(board, supply)
    life.register.set_reading(READING_KWH)
    for k, pulses in enumerate(all_pulses):
        for _ in range(pulses):
            truth.total += 1
            life.count(1)
            if supply.dead:
                return truth
            truth.checkpoint = truth.total
        life.save(k in EVENT_SAVES)
        if supply.dead:
            return truth
        truth.saved = truth.total
        truth.ever_saved = True
        truth.events_saved = len(life.events)
    return truth


def formatted():
    """Return a board with an empty file system."""
    install()
    crash_board.clear()
    board = Board()
    board.power_on(Supply())
    board.power_off(False)
    board.formats = 0
    return board


def all_steps():
    """Return the kinds of step of a whole run without a cut."""
    supply = Supply()
    board = formatted()
    truth = live(board, supply)
    assert truth.saved == sum(PULSES)
    board.power_off(False)
    return supply.steps


def check_after(board, truth, where, least):
    """Start again, compare with the truth, and see that saving works."""
    life = Life(board, Supply())
    total = life.register.total
    assert board.formats == 0, (where, "the file system did not mount: a real board stops there")
    assert least <= total <= truth.total, (where, total, least, truth.total)
    if truth.ever_saved:
        assert life.found, where
        assert total > 0, where
        # The reading from the display is as safe as the count.
        assert life.register.reading_wh() == 12345678 + total, where
    assert len(life.events) >= truth.events_saved, where
    assert life.persistence.problems == [], (where, life.persistence.problems)
    life.count(5)
    life.save(True)
    assert life.persistence.errors() == [], (where, life.persistence.errors())
    board.power_off(False)
    again = Life(board, Supply())
    assert again.register.total == total + 5, where
    assert len(again.events) == len(life.events), where
    board.power_off(False)


def cut_everywhere(keep_rtc):
    """Cut at every step in every way; return how often each (step, way) happened."""
    steps = all_steps()
    happened = {}
    for at in range(len(steps)):
        for kind in KINDS:
            board = formatted()
            supply = Supply(at, kind)
            truth = live(board, supply)
            assert supply.dead and supply.steps == steps[: at + 1], (at, kind)
            board.power_off(keep_rtc)
            least = truth.saved
            # A reset loses nothing, except that it can tear the record it falls into.
            torn = steps[at] == "rtc" and kind not in (NOT_DONE, DONE)
            if keep_rtc and not torn:
                least = truth.checkpoint
            check_after(board, truth, (at, steps[at], kind), least)
            key = steps[at], kind
            happened[key] = happened.get(key, 0) + 1
    return happened


def everything_happened(happened):
    """Demand that every kind of step was cut in every way, and return the number of cuts."""
    for what in ("page", "sector", "nvs", "rtc"):
        for kind in KINDS:
            assert happened.get((what, kind)), (what, kind, "never happened")
    return sum(happened.values())


def test_a_power_cut_at_any_step_loses_at_most_the_pulses_since_the_last_save():
    cuts = everything_happened(cut_everywhere(False))
    assert cuts >= 12 * 8 * len(KINDS), "only {} cut points".format(cuts)
    print("cut points:", cuts)


def test_a_reset_at_any_step_loses_nothing():
    cuts = everything_happened(cut_everywhere(True))
    assert cuts >= 12 * 8 * len(KINDS), "only {} cut points".format(cuts)
    print("reset points:", cuts)


def test_a_second_cut_does_not_turn_back_what_was_shown_after_the_first():
    # After the first cut one copy is newer than the other, and the reader shows it. The
    # second cut falls into the first save after that, which must not tear the only copy.
    pulses = PULSES[:4]
    first_steps = Supply()
    board = formatted()
    live(board, first_steps, pulses)
    board.power_off(False)
    begin = len(first_steps.steps) - 14
    cuts = 0
    for first_at in range(begin, len(first_steps.steps)):
        for first_kind in KINDS:
            board = formatted()
            live(board, Supply(first_at, first_kind), pulses)
            board.power_off(False)
            left = board.image, board.blobs
            second_at = 0
            while True:
                over = False
                for second_kind in KINDS:
                    board.image, board.blobs = left[0], dict(left[1])
                    supply = Supply(second_at, second_kind)
                    life = Life(board, supply)
                    shown = life.register.total
                    events = len(life.events)
                    life.count(2)
                    life.save(True)
                    over = not supply.dead
                    board.power_off(False)
                    after = Life(board, Supply())
                    where = (first_at, first_kind, second_at, second_kind)
                    assert after.register.total >= shown, (where, after.register.total, shown)
                    assert len(after.events) >= events, where
                    board.power_off(False)
                    cuts += 1
                if over:
                    break
                second_at += 1
    assert board.formats == 0
    assert cuts > 14 * len(KINDS) * 8 * len(KINDS), "only {} pairs".format(cuts)
    print("pairs of cut points:", cuts)


def test_a_store_that_refused_is_written_before_the_one_that_holds_the_newest():
    board = formatted()
    life = Life(board, Supply())
    life.count(3)
    life.save(False)
    assert first_written(board, life) == "nvs"
    # A folder in its way makes the file refuse, and NVS alone is up to date.
    os.mkdir("/crash/register.rec.tmp")
    life.count(4)
    life.save(False)
    assert [line[:5] for line in life.persistence.errors()] == ["file:"]
    os.rmdir("/crash/register.rec.tmp")
    assert first_written(board, life) == "page"
    assert life.persistence.errors() == []
    crash_board.CuttableNvs.refuse = True
    life.count(1)
    life.save(False)
    crash_board.CuttableNvs.refuse = False
    assert [line[:4] for line in life.persistence.errors()] == ["nvs:"]
    assert first_written(board, life) == "nvs"
    board.power_off(False)
    assert Life(board, Supply()).register.total == 8
    board.power_off(False)


def first_written(board, life):
    """Save, and return the kind of the first step."""
    steps = board.watch(Supply())
    life.save(False)
    return steps.steps[0]


def finished():
    """Return (board, truth) after a run that ended in a power cut after its last save."""
    board = formatted()
    truth = live(board, Supply())
    board.power_off(False)
    return board, truth


def test_a_full_erase_of_nvs_loses_nothing():
    board, truth = finished()
    board.blobs.clear()
    check_after(board, truth, "nvs erased", truth.total)
    assert sorted(board.blobs) == ["events", "register"], "both copies are whole again"


def test_a_formatted_file_system_loses_nothing():
    board, truth = finished()
    board.image = None
    life = Life(board, Supply())
    assert board.formats == 1
    assert life.register.total == truth.total
    assert len(life.events) == truth.events_saved
    life.save(True)
    board.power_off(False)
    board.blobs.clear()
    assert Life(board, Supply()).register.total == truth.total
    board.power_off(False)


def test_without_either_copy_it_starts_at_zero_and_does_not_raise():
    board = formatted()
    life = Life(board, Supply())
    assert not life.found
    assert life.register.total == 0
    board.power_off(False)


def test_a_bit_flipped_anywhere_in_the_nvs_copy_loses_nothing():
    board, truth = finished()
    for key in ("register", "events"):
        whole = board.blobs[key]
        for at in range(0, len(whole) * 8, 5):
            damaged = bytearray(whole)
            damaged[at // 8] ^= 1 << at % 8
            board.blobs[key] = bytes(damaged)
            life = Life(board, Supply())
            assert life.register.total == truth.total, (key, at)
            assert len(life.events) == truth.events_saved, (key, at)
            board.power_off(False)
        board.blobs[key] = whole


def test_a_bit_flipped_anywhere_in_the_file_loses_nothing():
    board, truth = finished()
    for name in ("register", "events"):
        board.power_on(Supply())
        path = "/crash/{}.rec".format(name)
        with open(path, "rb") as file:
            whole = file.read()
        for at in range(0, len(whole) * 8, 5):
            damaged = bytearray(whole)
            damaged[at // 8] ^= 1 << at % 8
            with open(path, "wb") as file:
                file.write(damaged)
            board.power_off(False)
            life = Life(board, Supply())
            assert life.register.total == truth.total, (name, at)
            assert len(life.events) == truth.events_saved, (name, at)
        with open(path, "wb") as file:
            file.write(whole)
        board.power_off(False)


def test_both_copies_damaged_read_as_none_and_do_not_raise():
    board, _ = finished()
    board.blobs["register"] = b"\x00" * len(board.blobs["register"])
    board.power_on(Supply())
    with open("/crash/register.rec", "wb") as file:
        file.write(b"\xa5" * 700)
    board.power_off(False)
    life = Life(board, Supply())
    assert not life.found
    assert life.register.total == 0
    board.power_off(False)


def test_the_onlooker_would_notice_a_loss():
    # The same checks, on a board that forgot its last save: they must not pass.
    board, truth = finished()
    board.blobs.clear()
    board.image = None
    try:
        check_after(board, truth, "both lost", truth.saved)
    except AssertionError:
        board.power_off(False)
        return
    raise AssertionError("the check saw nothing")

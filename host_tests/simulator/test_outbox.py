"""Store and forward: whatever happens to network, broker or power, every interval arrives."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import json

import crash_board
from household import NOON_S, Household

from drivers.flash_store import FileStore, NvsStore
from services.outbox import Outbox


class Broker:
    """The other side: acknowledges, refuses, hangs, raises, or loses the acknowledgement.

    Attributes:
        mode: what it does now.
        messages: everything it ever took, in order.
    """

    def __init__(self):
        self.mode = "ok"
        self.messages = []
        self.attempts = 0
        self.script = None
        self.totals = None

    async def publish(self, topic_suffix, payload_bytes):
        assert topic_suffix == "interval"
        self.attempts += 1
        mode = self.script(self.attempts) if self.script else self.mode
        if mode == "refuse":
            return False
        if mode == "raise":
            raise OSError(104)
        if mode == "hang":
            await asyncio.sleep_ms(10**9)
        message = json.loads(payload_bytes)
        if self.totals is not None:
            self.totals.append(message["total_pulses"])
            return True
        self.messages.append(message)
        # Taken, but the acknowledgement is lost.
        return mode != "unacknowledged"

    def distinct(self):
        """Return the messages without repetitions, by id, in order of first arrival."""
        seen = {}
        for message in self.messages:
            if message["id"] in seen:
                # What comes again is the same, but for being late.
                first = dict(seen[message["id"]])
                first["backfill"] = message["backfill"]
                assert first == message
            else:
                seen[message["id"]] = message
        order = []
        for message in self.messages:
            if message["id"] not in order:
                order.append(message["id"])
        return [seen[name] for name in order]


class Post:
    """A household with an outbox."""

    def __init__(self, **options):
        self.house = Household(**options)
        self.broker = Broker()
        self.connected = True
        self.outbox = None

    def power_on(self, **options):
        self.house.power_on(**options)
        self.outbox = Outbox(
            self.house.history,
            self.broker.publish,
            lambda: self.connected,
            (FileStore("/crash"),),
            (NvsStore(),),
            self.house.utc_s,
            self.house.uptime_s,
            timeout_s=5,
        )
        self.outbox.restore(self.house.boot)
        return self

    def power_off(self, off_s=60):
        self.house.save_register()
        self.house.power_off(off_s)
        return self

    def deliver(self, seconds=3600):
        """Let the outbox work for so long, while the house stands still."""

        async def main():
            task = asyncio.create_task(self.outbox.run())
            await asyncio.sleep_ms(seconds * 1000)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

        asyncio.run(main())
        return self

    def check(self):
        """Assert that all closed intervals have arrived, in order, and sum to the register."""
        messages = self.broker.distinct()
        records = self.house.records()
        assert [message["total_pulses"] for message in messages] == [
            record.total for record in records
        ]
        assert sum([message["pulses"] for message in messages]) == records[-1].total
        now = self.house.history.intervals.record(self.house.register.total)
        assert records[-1].total + now.pulses == self.house.register.total
        assert self.outbox.waiting() == 0
        assert self.outbox.lost == 0
        return self


def test_an_interval_is_delivered_when_it_is_closed():
    post = Post().power_on()
    for _ in range(4):
        post.house.run(900)
        post.deliver(10)
    post.check()
    assert len(post.broker.messages) == 4
    assert [message["backfill"] for message in post.broker.messages] == [False] * 4
    assert post.broker.messages[0] == {
        "id": "{}-0".format(NOON_S),
        "start_utc": "2026-11-24T12:00:00Z",
        "start_local": "2026-11-24T13:00:00+01:00",
        "seconds": 900,
        "covered_s": 900,
        "pulses": 900,
        "wh": 900,
        "mean_w": 3600,
        "min_w": 3600,
        "max_w": 3600,
        "quality": "complete",
        "boot": 1,
        "uptime_s": None,
        "total_pulses": 900,
        "backfill": False,
    }


def test_history_lost_in_a_wifi_or_broker_outage():
    # A complaint of the field.
    for way in ("disconnected", "refuse", "raise", "hang"):
        post = Post().power_on()
        post.house.run(1800)
        post.deliver(10)
        post.connected = way != "disconnected"
        post.broker.mode = way
        post.house.run(6 * 900)
        post.deliver(120)
        assert len(post.broker.messages) == 2, way
        post.connected = True
        post.broker.mode = "ok"
        post.deliver(300)
        post.check()
        assert [m["backfill"] for m in post.broker.messages[2:7]] == [True] * 5, way


def test_an_outage_of_24_hours_backfills_to_the_pulse():
    post = Post(watts=1234).power_on()
    post.house.run(900)
    post.deliver(10)
    post.connected = False
    post.house.run(86400, 15)
    assert post.outbox.waiting() == 96
    post.connected = True
    post.deliver(300)
    post.check()
    assert [message["backfill"] for message in post.broker.messages] == (
        [False] + [True] * 95 + [False]
    )


def test_an_outage_of_30_days_is_kept():
    # The flash of the crash tests is smaller than any board's.
    small, crash_board.SECTORS = crash_board.SECTORS, 64
    try:
        post = Post(watts=500).power_on()
        post.connected = False
        post.house.run(30 * 86400, 60)
        post.connected = True
        # Whole messages of a month are more than the tests' heap holds.
        totals = post.broker.totals = []
        post.deliver(1800)
    finally:
        crash_board.SECTORS = small
    assert len(totals) == 30 * 96
    assert totals == [record.total for record in post.house.records()]
    assert post.outbox.status() == {"waiting": 0, "delivered": 2880, "lost": 0, "error": None}


def test_what_was_dropped_before_delivery_is_counted_as_lost():
    post = Post(watts=500).power_on()
    post.connected = False
    post.house.run(20 * 86400, 60)
    dropped = post.house.history.store.dropped
    assert dropped > 0
    post.connected = True
    post.deliver(1800)
    assert post.outbox.lost == dropped
    assert post.outbox.status()["lost"] == dropped
    assert len(post.broker.messages) == 20 * 96 - dropped


def test_a_restart_in_mid_queue_sends_at_most_one_again_with_the_same_id():
    post = Post().power_on()
    post.connected = False
    post.house.run(20 * 900)
    post.connected = True
    for _ in range(5):
        # A little of the queue, then the acknowledgement of one is lost with the power.
        post.deliver(1)
        post.broker.mode = "unacknowledged"
        post.outbox._pace_ms = 0
        post.deliver(1)
        post.broker.mode = "ok"
        post.power_off(0).power_on()
    post.deliver(300)
    assert len(post.broker.distinct()) == len(post.house.records())
    again = len(post.broker.messages) - len(post.broker.distinct())
    assert 1 <= again <= 5
    # The cuts come within one quarter, which stays one interval.
    post.check()


def test_the_order_is_kept_however_often_delivery_fails():
    post = Post().power_on()
    post.broker.script = lambda attempt: ("refuse", "raise", "unacknowledged", "hang", "ok")[
        attempt * 7 % 5
    ]
    post.house.run(12 * 900)
    post.deliver(7200)
    post.check()
    # What was sent again was sent before anything later was.
    totals = [message["total_pulses"] for message in post.broker.messages]
    assert totals == sorted(totals)


def test_a_broker_restarted_empty_gets_what_it_has_not_acknowledged():
    post = Post().power_on()
    post.house.run(3 * 900)
    post.deliver(10)
    kept = list(post.broker.messages)
    post.broker.messages = []
    post.broker.mode = "raise"
    post.house.run(3 * 900)
    post.deliver(30)
    post.broker.mode = "ok"
    post.deliver(100)
    assert len(post.broker.messages) == 3
    post.broker.messages = kept + post.broker.messages
    post.check()


def test_clock_not_set_at_boot_then_set():
    post = Post().power_on(error_s=None)
    post.house.run(1800)
    post.deliver(30)
    # It pays to wait for the clock.
    assert post.broker.messages == []
    post.house.error_s = 0
    post.house.run(1800)
    post.deliver(60)
    post.check()
    assert post.broker.messages[0]["start_utc"] == "2026-11-24T12:00:00Z"
    assert post.broker.messages[0]["quality"] == "estimated"
    assert post.broker.messages[0]["id"] == "b1-0-0"


def test_without_any_clock_intervals_are_delivered_with_their_label():
    post = Post().power_on(error_s=None)
    post.house.run(6 * 900)
    post.deliver(60)
    assert len(post.broker.messages) == 2
    assert post.broker.messages[0]["start_utc"] is None
    assert post.broker.messages[0]["quality"] == "clock_not_set"
    assert [message["uptime_s"] for message in post.broker.messages] == [0, 900]
    post.house.run(5 * 900)
    post.deliver(60)
    post.power_off().power_on(error_s=None)
    # Those of an earlier start will never have a date.
    post.deliver(60)
    post.check()


def test_power_cuts_wifi_outages_and_a_broker_that_fails_together():
    post = Post(watts=2000)
    for round_ in range(12):
        post.power_on(error_s=(0, None)[round_ % 2])
        post.connected = round_ % 3 != 0
        post.broker.mode = ("ok", "hang", "ok", "unacknowledged", "raise")[round_ % 5]
        post.house.run(1700)
        post.deliver(20)
        post.house.error_s = 0
        post.house.run(1700)
        post.deliver(20)
        post.power_off(1000)
    post.connected, post.broker.mode = True, "ok"
    post.power_on()
    post.house.run(1800)
    post.deliver(600)
    post.check()


def test_the_mark_survives_an_erased_nvs():
    post = Post().power_on()
    post.house.run(40 * 900)
    post.deliver(60)
    post.power_off()
    post.house.board.blobs.clear()
    post.power_on()
    assert post.outbox.waiting() == 0
    post.deliver(60)
    assert len(post.broker.messages) == 40


def test_an_erased_history_does_not_stop_delivery():
    post = Post().power_on()
    post.house.run(10 * 900)
    post.deliver(60)
    post.power_off()
    post.house.board.image = None
    post.power_on()
    post.house.run(4 * 900)
    post.deliver(60)
    assert sum([message["pulses"] for message in post.broker.distinct()]) >= 10 * 900
    assert post.outbox.waiting() == 0

"""The whole firmware, as ``main.py`` assembles it, on the imitated board for some minutes.

Whatever else goes wrong, it counts; and what goes wrong is in the status.
"""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import json
import os
import socket

import flash
import machine
import main
import utime
from esp32 import NVS
from world import Scripted

from core import event_log, payload
from drivers import clock

SCRATCH = os.getcwd()
PULSE_PIN, BREAKER_PIN, MAINS_PIN = 34, 35, 32
WIDTH_US = 30000
# What a pulse needs after its end to be judged and audited.
SETTLE_S = 4


def free_port():
    """Return a TCP port that nobody listens on."""
    for port in range(20000 + os.urandom(1)[0] * 40, 40000):
        try:
            holder = hold(port)
        except OSError:
            continue
        holder.close()
        return port
    raise RuntimeError("no free port")


def hold(port):
    """Listen on a port; raises OSError where someone does already."""
    holder = socket.socket()
    try:
        holder.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])
        holder.listen(1)
    except OSError:
        holder.close()
        raise
    return holder


def good_config(**sections):
    """Return the text of a configuration that suits the wiring."""
    document = {
        "meter": {"number": "12345678", "reading_kwh": "100.000"},
        "mains": {"pin": MAINS_PIN},
        "web": {"port": free_port()},
    }
    document.update(sections)
    return json.dumps(document)


class House:
    """A board on a meter with a constant load, through any number of starts.

    Args:
        load_w: the load; pulses are counted from 1 s after the first start.
        config: text of ``config.json``, or None for no such file.
    """

    _count = 0

    def __init__(self, load_w, config=None):
        House._count += 1
        self._folder = "{}/house{}".format(SCRATCH, House._count)
        os.mkdir(self._folder)
        self._interval_us = 3600000000 // load_w
        self._now_us = 0
        self.faults = None
        self._mounted(lambda: self.write("config.json", config))

    def truth(self):
        """Return the pulses that have begun so far."""
        return max(0, (self._now_us - 1000000 + self._interval_us) // self._interval_us)

    def write(self, name, text):
        """Write a file on the board's flash; None removes it."""
        if text is None:
            if name in os.listdir():
                os.remove(name)
            return
        with open(name, "w") as file:
            file.write(text)

    def change(self, name, text):
        """Write a file while the board is off."""
        self._mounted(lambda: self.write(name, text))

    def run(self, seconds, cause="power_on", prepare=None, probes=()):
        """Start the firmware, run it for virtual seconds, and return the ``Reader``.

        Args:
            seconds: how long; the last pulse has time to be judged.
            cause: why the board starts; a power cut empties RTC memory.
            prepare: function of the reader, called before it runs.
            probes: (second, function of the reader), called meanwhile.
        """
        return self._mounted(lambda: self._run(seconds, cause, prepare, probes))

    def _run(self, seconds, cause, prepare, probes):
        if cause == "power_on" and "rtc_memory.bin" in os.listdir(self._folder):
            os.remove(self._folder + "/rtc_memory.bin")
        self._power_on()
        machine.set_reset_cause(cause)
        if self.faults:
            self.faults(self._world)
        asyncio.new_event_loop()
        reader = main.Reader()
        if prepare:
            prepare(reader)

        async def session():
            for at_s, probe in probes:
                tasks.append(asyncio.create_task(self._probe(at_s, probe, reader)))
            try:
                await asyncio.wait_for(reader.run(), seconds)
            except asyncio.TimeoutError:
                pass

        tasks = []
        self.failed_probe = None
        asyncio.run(session())
        self._now_us = self._world.now_us
        if self.failed_probe:
            raise self.failed_probe
        return reader

    async def _probe(self, at_s, probe, reader):
        await asyncio.sleep(at_s)
        try:
            probe(reader)
        except Exception as error:
            # asyncio only prints what a task of its own raises.
            self.failed_probe = error

    def _power_on(self):
        first = max(0, (self._now_us - 1000000) // self._interval_us)
        edges = []
        # A pulse begins every interval; the source needs only those from now on.
        for k in range(first, first + 3 + 900000000 // self._interval_us):
            at_us = 1000000 + k * self._interval_us
            edges.append((at_us, 0, 1))
            edges.append((at_us + WIDTH_US, 0, 0))
        edges = [edge for edge in edges if edge[0] > self._now_us]
        world = shims.install(Scripted(edges), self._now_us, self._folder)
        world.wire(0, PULSE_PIN)
        world.wire(1, BREAKER_PIN)
        world.wire(2, MAINS_PIN, lit=1)
        self._world = world

    def _mounted(self, action):
        self._power_on()
        device = flash.FileFlash(self._folder + "/flash.img", sectors=32)
        try:
            volume = os.VfsLfs2(device, progsize=256, readsize=64)
        except OSError:
            os.VfsLfs2.mkfs(device, progsize=256, readsize=64)
            volume = os.VfsLfs2(device, progsize=256, readsize=64)
        os.mount(volume, "/flash")
        os.chdir("/flash")
        try:
            return action()
        finally:
            os.chdir(SCRATCH)
            os.umount("/flash")


def total(reader):
    """Return the pulses in the register."""
    return reader.metering.meter.register.total


def events(reader):
    """Return the log as people read it."""
    return [payload.event(event) for event in reader.events.events()]


def between_pulses(load_w, pulses):
    """Return seconds until shortly before pulse number ``pulses``, counted from 0."""
    return 1 + (pulses - 0.2) * 3600 / load_w


def test_minutes_of_a_clean_train_are_counted_to_the_pulse():
    for load_w in (690, 3000, 11000):
        house = House(load_w, good_config())
        pulses = load_w * 120 // 3600
        reader = house.run(between_pulses(load_w, pulses))
        assert house.truth() == pulses
        assert total(reader) == pulses, (load_w, total(reader), pulses)
        status = reader.status()
        assert status["failures"] == {}, status
        assert status["config"] == {"source": "file", "errors": []}, status
        assert status["storage"]["errors"] == [], status
        assert status["storage"]["saves"] >= 10, status
        assert status["register"]["wh"] == 100000 + pulses, status
        assert status["supply"]["state"] == "live", status
        assert abs(status["power"]["w"] - load_w) <= load_w // 100 + 1, status


def test_stalls_and_lost_callbacks_do_not_change_the_count():
    def hard_life(world):
        world.inject(10000000, 40000)
        world.inject(60000000, 1000000)
        world.drop_per_million = 1000

    house = House(11000, good_config())
    house.faults = hard_life
    # The last stall of a second is over for long when the run ends.
    pulses = 11000 * 175 // 3600
    reader = house.run(between_pulses(11000, pulses))
    assert total(reader) == house.truth() == pulses, (total(reader), house.truth(), pulses)
    assert reader.metering.meter.reconciler.edges_lost > 0


def test_a_power_cut_costs_ten_seconds_of_pulses_and_a_reset_none():
    load_w = 7200  # two pulses a second
    house = House(load_w, good_config())
    first = total(house.run(60.25))
    assert first == house.truth()
    seen = []
    # A reset: what RTC memory holds is the last pulse's.
    house.run(1.25, "watchdog", probes=((0.1, lambda reader: seen.append(total(reader))),))
    assert seen == [first]
    before = house.truth()
    reader = house.run(30.25, probes=((0.1, lambda reader: seen.append(total(reader))),))
    lost = before - seen[1]
    assert 0 <= lost <= 20, (before, seen)
    assert total(reader) >= seen[1] + 58
    assert reader.status()["register"]["wh"] == 100000 + total(reader)
    boots = [event["value"] for event in events(reader) if event["kind"] == event_log.BOOT]
    assert boots == ["power_on", "watchdog", "power_on"]


def test_a_broken_configuration_never_stops_counting_and_is_reported():
    port = free_port()
    broken = (
        ("{", "config.json"),
        ("", "config.json"),
        ("[]", "config.json"),
        ("null", "config.json"),
        ('{"pulse": 5}', "pulse"),
        ('{"pulse": {"pin": "34"}}', "pulse.pin"),
        ('{"pulse": {"width_min_ms": 500, "width_max_ms": 100}}', "pulse.width"),
        ('{"meter": {"imp_per_kwh": 0}}', "meter.imp_per_kwh"),
        ('{"meter": {"reading_kwh": "1.2345"}}', "meter.reading_kwh"),
        ('{"meter": {"reading": "1"}}', "meter.reading"),
        ('{"web": {"port": 70000}}', "web.port"),
        ('{"storage": {"save_s": null}, "web": {"port": %d}}' % port, "storage.save_s"),
    )
    for text, field in broken:
        house = House(3600, text)
        reader = house.run(15.5)
        assert total(reader) == house.truth() == 15, (text, total(reader))
        config = reader.status()["config"]
        assert config["source"] == "defaults", (text, config)
        assert len(config["errors"]) >= 1, text
        assert config["errors"][0].startswith(field), (text, config)
        assert "accepted" in config["errors"][0], (text, config)


def test_a_pin_that_this_chip_has_not_never_stops_counting_and_is_reported():
    # Right for the schema, which knows other chips as well, and not for this board.
    for section, pin in (("pulse", 24), ("breaker", 31), ("mains", 40)):
        house = House(3600, good_config(**{section: {"pin": pin}}))
        for cause in ("power_on", "soft"):
            reader = house.run(5.4, cause)
            config = reader.status()["config"]
            assert config["source"] == "defaults", config
            assert config["errors"] == [
                "{}.pin: {} is not accepted; accepted: a GPIO that this chip has".format(
                    section, pin
                )
            ], config
        assert total(reader) == house.truth() == 10, (total(reader), house.truth())
        house.change("config.json", good_config())
        house.run(1)
        house.change("config.json", good_config(**{section: {"pin": pin}}))
        assert house.run(1).status()["config"]["source"] == "last_good"


def test_without_a_configuration_it_counts_and_has_nothing_to_complain_of():
    house = House(3600)
    reader = house.run(15.5)
    assert total(reader) == 15
    assert reader.status()["config"] == {"source": "defaults", "errors": []}


def test_after_a_broken_change_the_last_good_configuration_is_used():
    house = House(3600, good_config(meter={"imp_per_kwh": 500, "reading_kwh": "7"}))
    reader = house.run(10.5)
    assert reader.status()["config"]["source"] == "file"
    for text in ('{"meter": {"imp_per_kwh": "500"}}', "{", None):
        house.change("config.json", text)
        reader = house.run(10.5)
        config = reader.status()["config"]
        assert config["source"] == "last_good", (text, config)
        assert config["errors"], text
        assert reader.settings.values["meter.imp_per_kwh"] == 500
        assert total(reader) >= 9, text
    assert reader.status()["register"]["wh"] == 7000 + 2 * total(reader)


def test_a_web_port_in_use_stops_the_page_alone():
    port = free_port()
    holder = hold(port)
    try:
        house = House(3600, good_config(web={"port": port}))
        reader = house.run(30.5)
    finally:
        holder.close()
    assert total(reader) == house.truth() == 30
    failures = reader.status()["failures"]
    assert list(failures) == ["web"], failures
    assert failures["web"].startswith("OSError"), failures
    assert reader.status()["storage"]["saves"] > 0


def test_a_store_that_refuses_is_named_and_the_other_one_keeps_the_register():
    def full(reader):
        filler = 0
        while True:
            try:
                NVS("filler").set_blob("filler{}".format(filler), bytes(1900))
            except OSError:
                break
            filler += 1
        for size in (800, 200, 50, 1):
            try:
                while True:
                    NVS("filler").set_blob("rest{}".format(filler), bytes(size))
                    filler += 1
            except OSError:
                pass

    house = House(3600, good_config())
    reader = house.run(30.5, prepare=full)
    counted = total(reader)
    assert counted == house.truth() == 30
    errors = reader.status()["storage"]["errors"]
    assert errors and all(line.startswith("nvs: ") for line in errors), errors
    assert reader.status()["storage"]["saves"] > 0
    seen = []
    house.run(1, probes=((0.1, lambda reader: seen.append(total(reader))),))
    assert counted - 10 <= seen[0] <= counted, (seen, counted)


def test_without_any_store_it_counts_and_says_that_nothing_is_saved():
    def refuse(key, blob):
        raise OSError(28)

    def break_stores(reader):
        for journal in (reader.persistence.register_journal, reader.persistence.event_journal):
            for store in journal._durable:
                store.write = refuse

    house = House(3600, good_config())
    reader = house.run(30.5, prepare=break_stores)
    assert total(reader) == house.truth() == 30
    status = reader.status()
    assert status["storage"]["saves"] == 0
    named = sorted({line.split(":")[0] for line in status["storage"]["errors"]})
    assert named == ["file", "nvs"], status["storage"]
    assert status["failures"] == {}


def test_a_service_that_fails_is_reported_and_started_again():
    starts = []

    def break_connection(reader):
        async def fails():
            starts.append(1)
            await asyncio.sleep_ms(10)
            raise ValueError("printed by a test on purpose")

        reader.connection.run = fails

    house = House(3600, good_config())
    reader = house.run(30.5, prepare=break_connection)
    assert total(reader) == house.truth() == 30
    assert "on purpose" in reader.status()["failures"]["connection"]
    # After 1, 2, 4, 8 and 8 s: the pauses grow no further.
    assert len(starts) == 6, starts


def test_when_metering_stands_still_the_watchdog_resets():
    def break_metering(reader):
        async def hangs():
            await asyncio.sleep(10000)

        reader.metering.run = hangs

    house = House(3600, good_config())
    try:
        house.run(120, prepare=break_metering)
    except SystemExit as ended:
        assert ended.args[0] == machine.EXIT_WATCHDOG
        return
    raise AssertionError("the watchdog was fed by something else than progress")


def test_events_say_clock_not_set_until_ntp_and_are_dated_afterwards():
    before = []
    house = House(3600, good_config(wifi={"ssid": "simulated", "password": "not a secret"}))
    probes = ((2, lambda reader: before.append((reader.status()["utc"], events(reader)))),)
    reader = house.run(20.5, probes=probes)
    utc, early = before[0]
    assert utc == "clock not set"
    assert [event["utc"] for event in early] == ["clock not set"] * len(early)
    kinds = [event["kind"] for event in early]
    assert event_log.BOOT in kinds and event_log.REGISTER_SET in kinds, kinds
    late = events(reader)
    assert reader.status()["time_error"] is None
    assert abs(clock.utc_s() - utime.time()) < 60
    assert reader.status()["utc"] == payload.utc_text(clock.utc_s())
    assert [event["kind"] for event in late[: len(early)]] == kinds
    for event in reader.events.events():
        assert abs(event["utc_s"] - utime.time()) < 60, late
    # Dated by when they happened, not by when the clock was set.
    boot = next(iter(reader.events.events()))
    since_boot_s = clock.utc_s() - boot["utc_s"]
    assert abs(since_boot_s - (reader.metering.uptime_s() - boot["uptime_s"])) <= 1, since_boot_s
    seen = []
    house.run(1, probes=((0.1, lambda reader: seen.append(events(reader))),))
    assert [event["utc"] for event in seen[0][: len(late)]] == [event["utc"] for event in late]
    assert seen[0][-1]["utc"] == "clock not set", "the new start has no clock yet"


def test_without_a_network_events_stay_undated_and_everything_else_works():
    house = House(3600, good_config(wifi={"ssid": "elsewhere", "password": "not a secret"}))
    reader = house.run(30.5)
    assert total(reader) == 30
    assert {event["utc"] for event in events(reader)} == {"clock not set"}
    assert reader.status()["utc"] == "clock not set"
    assert reader.status()["failures"] == {}


def test_a_time_server_that_does_not_resolve_is_reported():
    house = House(
        3600,
        good_config(
            wifi={"ssid": "simulated", "password": "not a secret"},
            time={"server": "no.such.invalid"},
        ),
    )
    reader = house.run(30.5)
    # Every lookup blocks, and every pulse counts.
    assert total(reader) == house.truth() == 30
    assert "no.such.invalid" in str(reader.status())
    assert reader.status()["utc"] == "clock not set"

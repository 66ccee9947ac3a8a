"""Setting the clock: several servers, drift, and steps that monotonic time does not feel."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio

from services.timesync import TimeSync, servers

START_S = 1790000000


async def quiet(timeout_ms):
    """Every moment is quiet."""


class Bench:
    """True time, a crystal that drifts, and servers that answer or not."""

    def __init__(self, names="a, b,c", drift_ppm=0):
        self.dead = set()
        self.asked = []
        self.sets = 0
        self.drift_ppm = drift_ppm
        self.uptime = 0
        self.offset_s = None
        self.wrong_s = 0
        self.sync = TimeSync(
            self.set_clock,
            lambda: True,
            names,
            quiet,
            self.count,
            self.utc_s,
            self.uptime_s,
        )

    def uptime_s(self):
        return self.uptime

    def true_s(self):
        return START_S + self.uptime + self.uptime * self.drift_ppm // 1000000

    def utc_s(self):
        return None if self.offset_s is None else self.offset_s + self.uptime

    def set_clock(self, server):
        self.asked.append(server)
        if server in self.dead:
            raise OSError(-202)
        self.offset_s = self.true_s() + self.wrong_s - self.uptime

    def count(self):
        self.sets += 1

    def ask(self, after_s):
        self.uptime += after_s
        return self.sync._ask()


def test_servers_are_separated_by_commas():
    assert servers("a") == ["a"]
    assert servers("a.se, b.se ,,c") == ["a.se", "b.se", "c"]


def test_the_next_server_is_asked_when_one_fails():
    bench = Bench()
    bench.dead = {"a", "b"}
    assert bench.ask(5) < 60000
    assert bench.ask(5) < 60000
    assert bench.sync.error.startswith("time.server b: ")
    assert bench.ask(5) > 3600000
    assert bench.asked == ["a", "b", "c"]
    assert (bench.sync.server, bench.sync.error, bench.sets) == ("c", None, 1)
    # It stays with the one that answers.
    bench.ask(21600)
    assert bench.asked[-1] == "c"


def test_when_all_fail_there_is_a_longer_pause():
    bench = Bench("a,b")
    bench.dead = {"a", "b"}
    assert [bench.ask(5) for _ in range(4)] == [5000, 60000, 5000, 60000]
    assert bench.sets == 0


def test_drift_is_told_in_parts_per_million():
    for drift_ppm in (-40, -3, 0, 20, 100):
        bench = Bench(drift_ppm=drift_ppm)
        bench.ask(5)
        assert bench.sync.status()["drift_ppm"] is None
        for _ in range(40):
            bench.ask(21600)
        # Ten days at a resolution of 1 s: 1.2 ppm.
        assert abs(bench.sync.status()["drift_ppm"] - drift_ppm) <= 2, drift_ppm
        assert abs(bench.sync.status()["step_s"] - 21600 * drift_ppm // 1000000) <= 2


def test_a_server_that_was_wrong_is_no_drift():
    bench = Bench()
    bench.wrong_s = 500
    bench.ask(5)
    bench.wrong_s = 0
    bench.ask(21600)
    assert bench.sync.status()["drift_ppm"] is None
    assert bench.sync.status()["step_s"] == -500
    bench.ask(21600)
    assert bench.sync.status()["drift_ppm"] == 0


def test_the_status_tells_age_and_count():
    bench = Bench()
    assert bench.sync.status() == {
        "server": None,
        "syncs": 0,
        "age_s": None,
        "step_s": None,
        "drift_ppm": None,
        "error": None,
    }
    bench.ask(5)
    bench.uptime += 100
    assert bench.sync.status()["age_s"] == 100
    assert bench.sync.status()["syncs"] == 1


def test_a_time_before_this_firmware_is_no_time():
    bench = Bench()
    bench.utc_s = lambda: None
    bench.sync._utc_s = bench.utc_s
    bench.ask(5)
    assert "before 2024" in bench.sync.error


def test_it_asks_by_itself_and_waits_for_the_network():
    bench = Bench()
    connected = [False]
    bench.sync._connected = lambda: connected[0]

    async def main():
        task = asyncio.create_task(bench.sync.run())
        await asyncio.sleep_ms(30000)
        assert bench.asked == []
        connected[0] = True
        await asyncio.sleep_ms(30000)
        task.cancel()

    asyncio.run(main())
    assert bench.asked == ["a"]

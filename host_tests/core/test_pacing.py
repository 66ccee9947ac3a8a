"""States are told on change, and never flood."""

from core.pacing import Pacing


class House:
    """A status whose power, register and fault change, looked at every half second."""

    def __init__(self, deadband_w=10, energy_s=30):
        self.pacing = Pacing(deadband_w, energy_s)
        self.now_ms = 0
        self.told = []

    def look(self, power_w=None, kwh=None, state=None, rssi=None):
        status = {"uptime_ms": self.now_ms}
        if power_w is not False:
            status["power"] = {"w": power_w}
        if kwh:
            status["register"] = {"kwh": kwh, "set": True}
        if state:
            status["supply"] = {"state": state}
        if rssi:
            status["wifi"] = {"rssi_dbm": rssi}
        fresh = []
        for row, text in self.pacing.due(status):
            self.pacing.published(row, text, self.now_ms)
            if row[0] not in ("uptime", "pulses"):
                fresh.append((row[0], text))
        self.told += fresh
        self.now_ms += 500
        return fresh


def test_the_first_look_tells_everything_and_the_second_nothing():
    house = House()
    assert house.look(2000, "1.000", "live") == [
        ("energy", "1.000"),
        ("power", "2000"),
        ("supply", "live"),
    ]
    assert house.look(2000, "1.000", "live") == []


def test_power_moves_within_the_deadband_without_a_word_for_a_minute():
    house = House()
    house.look(2000)
    for _ in range(119):
        assert house.look(2009) == []
    assert house.look(2009) == [("power", "2009")]


def test_power_is_told_at_most_once_a_second():
    house = House()
    for i in range(7200):
        house.look(1000 + 100 * (i % 2))
        house.look(1000 + 100 * (i % 3))
    seconds = house.now_ms // 1000
    assert seconds // 2 < len(house.told) <= seconds + 1, (len(house.told), seconds)


def test_a_load_that_is_gone_is_told_within_a_second():
    house = House(deadband_w=100)
    house.look(50)
    house.look(50)
    assert house.look(0) == [("power", "0")]


def test_power_from_and_to_unknown_is_told():
    house = House(deadband_w=10000)
    house.look(2000)
    house.look(2000)
    assert house.look(None) == [("power", "None")]
    house.look(None)
    assert house.look(2001) == [("power", "2001")]


def test_energy_is_told_every_so_many_seconds_and_only_when_it_moved():
    house = House(energy_s=30)
    for i in range(7200):
        # 3.6 kW: a pulse a second.
        house.look(3600, "{:d}.{:03d}".format(i // 2000, i // 2 % 1000))
    assert 118 <= len([1 for name, _ in house.told if name == "energy"]) <= 121


def test_supply_is_told_at_once():
    house = House()
    house.look(2000, state="live")
    assert house.look(2000, state="breaker_open") == [("supply", "breaker_open")]
    assert house.look(2000, state="live") == [("supply", "live")]


def test_what_only_helps_to_find_faults_is_told_once_a_minute():
    house = House()
    for i in range(7200):
        house.look(2000, rssi=-60 - i % 7)
    assert 59 <= len([1 for name, _ in house.told if name == "rssi"]) <= 61


def test_after_forgetting_everything_is_told_again():
    house = House()
    house.look(2000, "1.000", "live")
    house.pacing.forget()
    assert len(house.look(2000, "1.000", "live")) == 3


def test_what_was_not_acknowledged_is_due_again():
    pacing = Pacing(10, 30)
    status = {"uptime_ms": 1000, "power": {"w": 5}}
    assert [row[0] for row, _ in pacing.due(status)] == ["power", "uptime"]
    assert [row[0] for row, _ in pacing.due(status)] == ["power", "uptime"]

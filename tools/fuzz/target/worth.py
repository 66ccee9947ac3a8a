"""What the meter's constant was and is, and what the months' peaks came to, out of a store."""

import json

from core import tariff
from core.demand import Demand
from core.energy import TOTAL_MAX
from core.worth import Worth


def run(data):
    _worth(data)
    # As many whole rows as there are.
    _worth(data[: len(data) // 12 * 12])
    _months(data)
    _months(data[: len(data) // 8 * 8])


def _worth(payload):
    worth = Worth()
    worth.change(0, 1000)
    before = worth.pack()
    try:
        worth.unpack(payload)
    except ValueError as error:
        assert "record" in str(error)
        assert worth.pack() == before
    # What was noted is never of more than the register holds.
    worth.change(TOTAL_MAX, 640)
    last = 0
    for total in (0, 1, 1000, 1 << 33, 1 << 50):
        reading = worth.of(total, total, 1000)
        assert reading >= last
        assert (
            worth.of(total, total // 2, 1000)
            + worth.of(total - total // 2, total - total // 2, 1000)
            == reading
        )
        last = reading
    again = Worth()
    again.unpack(worth.pack())
    assert again.pack() == worth.pack()


def _months(payload):
    demand = Demand(tariff.none(), 1000)
    before = demand.pack_months()
    try:
        demand.unpack_months(payload)
    except ValueError as error:
        assert "record" in str(error)
        assert demand.pack_months() == before
    demand.begin(1800000000)
    demand.fold(1800000000, 500, 900)
    demand.live(1800003600, 1800003600, 1, 1, 600, 1000)
    demand.note_month()
    json.dumps(demand.state())
    again = Demand(tariff.none(), 1000)
    again.unpack_months(demand.pack_months())
    assert again.months == demand.months

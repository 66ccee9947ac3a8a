"""A real house's two days through interval meter and demand, against sums from the CSV alone."""

from core import tariff
from core.demand import Demand
from core.history import HOUR, QUARTER, Dates, rows
from core.interval import IntervalMeter
from core.local_time import days, local_day, midnight_s

CSV = __file__.rsplit("/", 1)[0] + "/../../tools/simulator/data/household_2007-02.csv"
# Minute 0 of the excerpt, see the CSV's own heading.
FIRST = days(2007, 2, 21)
BEGIN_S = midnight_s(FIRST) + 7 * 3600


def load():
    minutes = []
    with open(CSV) as file:
        for line in file:
            if line[0].isdigit():
                minutes.append(int(line.split(",")[1]))
    return minutes


MINUTES = load()


def play(which):
    """Return (closed records, demand, register) after the excerpt, looked at each 20 s."""
    demand = Demand(which, 1000)
    demand.begin(BEGIN_S)
    meter = IntervalMeter()
    meter.begin(0, 0, 1, 0, 0)
    records = []
    watt_minutes = 0
    for minute in range(len(MINUTES) * 3 + 1):
        if minute:
            watt_minutes += MINUTES[(minute - 1) // 3] * 20
        at_s = minute * 20
        total = watt_minutes // 3600
        for record in meter.tick(at_s * 1000000, BEGIN_S + at_s, total):
            records.append(record)
            demand.fold(record.start, record.pulses, record.covered_s)
        assert demand.roll(BEGIN_S + at_s)
        now = meter.record(total)
        if minute % 9 == 0:
            demand.live(BEGIN_S + at_s, now.start, now.pulses, now.covered_s, total, None)
    return records, demand, total


RECORDS, DEMAND, TOTAL = play(
    tariff.Tariff(
        tariff.validate(
            {"name": "x", "source": "x", "source_date": "2026-11-24", "peaks": 5}
            | {"one_per_day": False}
        )[0]
    )
)


def hours():
    """Return {hour's start: mean W in thousandths} from the CSV alone."""
    out = {}
    for minute, power_w in enumerate(MINUTES):
        at_s = BEGIN_S + minute * 60
        out[at_s - at_s % 3600] = out.get(at_s - at_s % 3600, 0) + power_w
    return {start: sum_ * 1000 // 60 for start, sum_ in out.items()}


def test_the_excerpt_is_two_days():
    assert len(MINUTES) == 2880
    assert sum(MINUTES) // 60 == TOTAL


def test_every_hour_is_the_csv_s_to_one_pulse():
    found = {row.start_s: row.pulses for row in rows(RECORDS, Dates(), HOUR)}
    expected = hours()
    assert sorted(found) == sorted(expected)
    for start, mean_mw in expected.items():
        assert abs(found[start] * 1000 - mean_mw) <= 1000, start


def test_every_quarter_is_there_and_complete():
    quarters = list(rows(RECORDS, Dates(), QUARTER))
    assert [row.start_s for row in quarters] == [BEGIN_S + 900 * k for k in range(192)]
    assert {row.quality() for row in quarters} == {"complete"}
    assert sum([row.pulses for row in quarters]) == TOTAL


def test_the_five_highest_hours_are_the_csv_s():
    ranked = sorted([(mean, start) for start, mean in hours().items()], reverse=True)[:5]
    assert [peak.start_s for peak in DEMAND.peaks] == [start for _, start in ranked]
    for peak, (mean_mw, _) in zip(DEMAND.peaks, ranked):
        assert abs(peak.mean_w * 1000 - mean_mw) <= 1000


def test_yesterday_and_month_are_the_csv_s():
    by_day = {}
    for minute, power_w in enumerate(MINUTES):
        day = local_day(BEGIN_S + minute * 60)
        by_day[day] = by_day.get(day, 0) + power_w
    assert sorted(by_day) == [FIRST, FIRST + 1, FIRST + 2]
    assert abs(DEMAND.yesterday_wh * 60 - by_day[FIRST + 1]) <= 60
    assert abs(DEMAND.today_wh * 60 - by_day[FIRST + 2]) <= 60
    assert DEMAND.month_wh == TOTAL

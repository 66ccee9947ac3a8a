"""What a validated tariff says of an hour; ``core.tariff`` makes one out of a file's text."""

from core import holiday, local_time


def parse_date(value):
    """Return the day of ``"2026-01-31"``, counted from 1970-01-01.

    Raises:
        ValueError: not such a date of 1970 to 2105.
    """
    accepts = "accepted: a date such as 2026-01-31"
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise ValueError(accepts)
    digits = value[:4] + value[5:7] + value[8:]
    if not all(c in "0123456789" for c in digits):
        raise ValueError(accepts)
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:])
    if not 1970 <= year <= 2105 or not 1 <= month <= 12:
        raise ValueError(accepts)
    if not 1 <= day <= local_time.month_length(year, month):
        raise ValueError(accepts)
    return local_time.days(year, month, day)


class Tariff:
    """A validated tariff.

    Attributes:
        name: of the utility.
        peaks: how many peaks are averaged; 0 where there is no peak-power charge.
        one_per_day: whether a local day gives at most one of them.
        interval_s: over which the mean is taken, 3600 or 900.
    """

    def __init__(self, values):
        self.name = values["name"]
        self.peaks = values["peaks"]
        self.one_per_day = values["one_per_day"]
        self.interval_s = values["interval_min"] * 60
        self._months = values["months"]
        self._weekdays = values["weekdays"]
        self._hour_from = values["hour_from"]
        self._hour_to = values["hour_to"]
        self._off = values["holidays_off"]
        self._weight = values["weight_percent"]
        self._outside = values["outside_percent"]
        self._first_day = parse_date(values["valid_from"]) if values["valid_from"] else None
        self._last_day = parse_date(values["valid_to"]) if values["valid_to"] else None
        # The day looked at last: within a day only the hour differs.
        self._day = None
        self._day_weight = 0
        self._day_counts = False

    def percent(self, utc_s):
        """Return the weight of the interval that begins at ``utc_s``, 0 to 100 %."""
        local_s = utc_s + local_time.offset_s(utc_s)
        day = local_s // local_time.DAY_S
        if day != self._day:
            self._look_at(day)
        if not self._day_counts:
            return self._day_weight
        hour = local_s // 3600 % 24
        begin, end = self._hour_from, self._hour_to
        # Hours such as 22 to 6 run over midnight.
        inside = begin <= hour < end if begin < end else hour >= begin or hour < end
        return self._weight if inside else self._outside

    def _look_at(self, day):
        self._day = day
        month = local_time.civil(day)[1]
        valid = (self._first_day is None or day >= self._first_day) and (
            self._last_day is None or day <= self._last_day
        )
        self._day_counts = (
            valid
            and month in self._months
            and local_time.weekday(day) in self._weekdays
            and not holiday.is_off(day, self._off)
        )
        self._day_weight = self._outside if valid else 0

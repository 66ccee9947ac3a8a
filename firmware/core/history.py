"""Closed quarter-hours as records of fixed size, and as rows that people and programs read.

A record carries the register's pulses at its end, so records chain: what one holds is its
total less the total of the one before. Sums over any stretch equal the register's pulses,
whatever happened to clock or power.
"""

import struct
from binascii import crc32
from collections import namedtuple

from core import local_time
from core.energy import TOTAL_MAX
from core.journal import pack_all, unpack_all
from core.payload import utc_text

QUARTER_S = 900
HOUR_S = 3600

# What a record's flags say.
PARTIAL = 1  # less than the whole quarter was metered, or the reader started within it
UNDATED = 2  # the clock was not set: start is the uptime in s
STEPPED = 4  # the clock was set within it
HELD = 8  # only of a saved interval in progress: it ended with its start, total is final

_FORMAT = "<IIHBBIQIII"
_BODY = struct.calcsize(_FORMAT)
SIZE = _BODY + 4
_VERSION = 1
_UNKNOWN_W = 0xFFFFFFFF
# More than these, and there would be no room in a record to go on for years.
_PULSES_MAX = 1 << 31
SEQUENCE_MAX = (1 << 32) - (1 << 20)

DATES_KIND = 4
OPEN_KIND = 3
_DATES_MAX = 32

QUARTER = "quarter"
HOUR = "hour"
DAY = "day"
MONTH = "month"
RESOLUTIONS = (QUARTER, HOUR, DAY, MONTH)

# Qualities, best first; a sum is as good as its worst part.
QUALITIES = ("complete", "partial", "clock_stepped", "estimated", "clock_not_set")

# sequence: number of the record, one up each time; start: UTC in s, or uptime in s when
# UNDATED; boot: number of the start it was metered in; total: the register's pulses at its
# end; min_w, max_w: power seen, or None; covered_s: monotonic seconds metered.
Record = namedtuple(
    "Record",
    ("sequence", "start", "boot", "flags", "pulses", "total", "min_w", "max_w", "covered_s"),
)


def pack(record):
    """Return a record as ``SIZE`` bytes with a CRC."""
    body = struct.pack(
        _FORMAT,
        record.sequence,
        record.start,
        record.boot,
        record.flags,
        _VERSION,
        record.pulses,
        record.total,
        _UNKNOWN_W if record.min_w is None else record.min_w,
        _UNKNOWN_W if record.max_w is None else record.max_w,
        record.covered_s,
    )
    return body + struct.pack("<I", crc32(body))


def unpack(blob, at=0):
    """Return the record at an offset of ``blob``, or None where there is no valid one."""
    if blob is None or len(blob) < at + SIZE:
        return None
    body = blob[at : at + _BODY]
    if struct.unpack("<I", blob[at + _BODY : at + SIZE])[0] != crc32(body):
        return None
    values = struct.unpack(_FORMAT, body)
    if values[4] != _VERSION or values[6] > TOTAL_MAX:
        return None
    sequence, start, boot, flags, _, pulses, total, min_w, max_w, covered_s = values
    if pulses > min(total, _PULSES_MAX) or sequence > SEQUENCE_MAX:
        return None
    return Record(
        sequence,
        start,
        boot,
        flags,
        pulses,
        total,
        None if min_w == _UNKNOWN_W else min_w,
        None if max_w == _UNKNOWN_W else max_w,
        covered_s,
    )


def identity(record):
    """Return the id a record keeps for ever: its start as it was known then, and its number.

    The number alone would begin again after the flash was erased, and the start alone may
    come twice when the clock is set back.
    """
    if record.flags & UNDATED:
        return "b{}-{}-{}".format(record.boot, record.start, record.sequence)
    return "{}-{}".format(record.start, record.sequence)


class Dates:
    """When each start of the reader was, for records made before the clock was set."""

    def __init__(self):
        self._boots = []

    def add(self, boot, utc_s):
        """Note that start number ``boot`` was at ``utc_s``; return False if it was known."""
        if self.of_boot(boot) is not None:
            return False
        self._boots.append((boot, utc_s))
        if len(self._boots) > _DATES_MAX:
            self._boots.pop(0)
        return True

    def of_boot(self, boot):
        """Return the UTC of a start, or None where it never came to be known."""
        for known, utc_s in self._boots:
            if known == boot:
                return utc_s
        return None

    def start_s(self, record):
        """Return the UTC at which a record begins, or None."""
        if not record.flags & UNDATED:
            return record.start
        utc_s = self.of_boot(record.boot)
        return None if utc_s is None else utc_s + record.start

    def pack(self):
        """Return all as journal payload."""
        return pack_all("<HI", self._boots)

    def unpack(self, payload):
        """Replace all by a payload's. Raises ValueError, see ``unpack_all``."""
        self._boots = unpack_all("<HI", payload)[-_DATES_MAX:]


def quality(record, dated):
    """Return the index in ``QUALITIES`` of a record; ``dated``: its UTC is known."""
    if record.flags & UNDATED:
        # Dated later it starts anywhere, so its quarter is the nearest, not its own.
        return 3 if dated else 4
    if record.flags & STEPPED:
        return 2
    return 1 if record.flags & PARTIAL else 0


def mean_w(pulses, imp_per_kwh, seconds, covered_s=0):
    """Return the mean power of pulses over an interval, in W, rounded.

    An interval in which the clock was set back lasted longer than its name says: then its
    true length counts, or it would show a peak that never was. Up to 1 % is rounding.
    """
    if covered_s > seconds + seconds // 90:
        seconds = covered_s
    divisor = imp_per_kwh * seconds
    return (pulses * 3600000 + divisor // 2) // divisor


def wh(total, pulses, imp_per_kwh):
    """Return the Wh of the ``pulses`` that end at ``total``.

    As a difference of truncated readings, so that any sum of it is exact to one Wh.
    """
    return total * 1000 // imp_per_kwh - (total - pulses) * 1000 // imp_per_kwh


class Row:
    """A quarter, an hour, a day or a month: sums over the records that begin in it.

    Attributes:
        start_s: UTC at which it begins, or None while that is unknown.
        seconds: its length; a local day has 23 or 25 hours when the clocks change.
    """

    def __init__(self, start_s, seconds, record, quality_index):
        self.start_s = start_s
        self.seconds = seconds
        self.identity = identity(record)
        self.boot = record.boot
        self.uptime_s = record.start if record.flags & UNDATED else None
        self.pulses = record.pulses
        self.total = record.total
        self.min_w = record.min_w
        self.max_w = record.max_w
        self.covered_s = record.covered_s
        self._quality = quality_index

    def add(self, record, quality_index):
        """Add a further record."""
        self.pulses += record.pulses
        self.total = record.total
        self.covered_s += record.covered_s
        self.min_w = lesser(self.min_w, record.min_w)
        self.max_w = greater(self.max_w, record.max_w)
        self._quality = max(self._quality, quality_index)

    def quality(self):
        """Return one of ``QUALITIES``; a row that was not metered throughout is partial."""
        index = self._quality
        if not index and self.covered_s < self.seconds - self.seconds // 90:
            index = 1
        return QUALITIES[index]


def lesser(one, other):
    """Return the lesser of two powers, either of which may be None."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def greater(one, other):
    """Return the greater of two powers, either of which may be None."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _slot(start_s, resolution):
    """Return (start, seconds) of the quarter, hour, local day or month with ``start_s`` in it."""
    if resolution == DAY:
        day = local_time.local_day(start_s)
        begin_s = local_time.midnight_s(day)
        return begin_s, local_time.midnight_s(day + 1) - begin_s
    if resolution == MONTH:
        year, month, _ = local_time.civil(local_time.local_day(start_s))
        begin_s = local_time.month_start_s(year, month)
        return begin_s, local_time.month_start_s(year, month + 1) - begin_s
    seconds = QUARTER_S if resolution == QUARTER else HOUR_S
    return start_s - start_s % seconds, seconds


def rows(records, dates, resolution):
    """Yield ``Row`` after row, oldest first, holding one at a time.

    Args:
        records: iterable of ``Record`` in their order.
        dates: ``Dates``.
        resolution: one of ``RESOLUTIONS``. Undated records are rows of their own.
    """
    row = None
    for record in records:
        start_s = dates.start_s(record)
        quality_index = quality(record, start_s is not None)
        # A record of the same day need not look up its local day again.
        if (
            row
            and None not in (start_s, row.start_s)
            and row.start_s <= start_s < row.start_s + row.seconds
        ):
            row.add(record, quality_index)
            continue
        if row:
            yield row
        if start_s is None:
            row = Row(None, QUARTER_S, record, quality_index)
        else:
            begin_s, seconds = _slot(start_s, resolution)
            row = Row(begin_s, seconds, record, quality_index)
    if row:
        yield row


def row_json(row, worth):
    """Return a ``Row`` as a dict ready for JSON; ``worth`` is a ``core.worth.Worth``."""
    return {
        "start_utc": None if row.start_s is None else utc_text(row.start_s),
        "start_local": None if row.start_s is None else local_time.text(row.start_s),
        "seconds": row.seconds,
        "covered_s": row.covered_s,
        "pulses": row.pulses,
        "wh": worth.of(row.total, row.pulses, 1000),
        "mean_w": mean_w(
            worth.of(row.total, row.pulses, 3600000), 3600000, row.seconds, row.covered_s
        ),
        "min_w": row.min_w,
        "max_w": row.max_w,
        "quality": row.quality(),
        "boot": row.boot,
        "uptime_s": row.uptime_s,
    }


def interval_json(record, start_s, worth, backfill):
    """Return a record as the dict that is delivered once to whoever keeps the history.

    Args:
        record: the record.
        start_s: UTC at which it begins, or None.
        worth: ``core.worth.Worth``.
        backfill: delivered late.
    """
    row = Row(start_s, QUARTER_S, record, quality(record, start_s is not None))
    body = row_json(row, worth)
    body["id"] = identity(record)
    body["total_pulses"] = record.total
    body["backfill"] = backfill
    return body

"""Records of closed intervals on flash, and the dates of earlier starts."""

import json
import struct
from binascii import crc32

from core import history, payload, tariff
from core.demand import Demand
from core.worth import Worth

_DATE = 6


def run(data):
    count = data[0] % 4 if data else 0
    stored_dates = data[1 : 1 + count * _DATE]
    blob = data[1 + count * _DATE :]
    dates = history.Dates()
    try:
        dates.unpack(stored_dates)
    except ValueError as error:
        assert "record" in str(error)
    else:
        assert dates.pack() == stored_dates
    records = []
    for at in range(0, len(blob), history.SIZE):
        for offered in (blob[at:], _put_right(blob[at : at + history.SIZE])):
            record = history.unpack(offered)
            if record:
                assert history.pack(record) == offered[: history.SIZE]
                records.append(record)
    records = records[:16]
    _rows(records, dates)
    _demand(records, dates)


def _put_right(blob):
    body = blob[: history.SIZE - 4]
    return body + struct.pack("<I", crc32(body))


def _rows(records, dates):
    worth = Worth()
    worth.change(0, 1000)
    pulses = sum([record.pulses for record in records])
    for resolution in history.RESOLUTIONS:
        rows = list(history.rows(records, dates, resolution))
        assert sum([row.pulses for row in rows]) == pulses
        for row in rows:
            json.dumps(history.row_json(row, worth))
    for record in records:
        start_s = dates.start_s(record)
        body = history.interval_json(record, start_s, worth, False)
        assert body["id"] == history.identity(record)
        json.dumps(body)


def _demand(records, dates):
    if not records:
        return
    demand = Demand(tariff.none(), 1000)
    last = records[-1]
    now_s = dates.start_s(last) or 0
    demand.begin(now_s)
    for record in records:
        start_s = dates.start_s(record)
        if start_s is not None:
            demand.fold(start_s, record.pulses, record.covered_s)
    demand.live(now_s, now_s, last.pulses, last.covered_s, last.total, 1000)
    json.dumps(payload.demand(demand.state()))

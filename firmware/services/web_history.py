"""The routes of the quarter-hours kept: ``/api/v1/history`` as JSON and as CSV."""

import json

from core.history import RESOLUTIONS
from services.web_auth import refuse

FIELDS = (
    "start_utc",
    "start_local",
    "seconds",
    "wh",
    "pulses",
    "mean_w",
    "min_w",
    "max_w",
    "quality",
)
_SINCE = "2026-01-31T22:00:00Z"
_PIECE = 1000


async def on_get_history(parts, request):
    rows, refusal = _rows_of(parts, request)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return refusal or (_json_pieces(rows), 200, headers)


async def on_get_history_csv(parts, request):
    rows, refusal = _rows_of(parts, request)
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="history.csv"',
        "Cache-Control": "no-store",
    }
    return refusal or (_csv_pieces(rows), 200, headers)


def _rows_of(parts, request):
    """Return (rows, None) or (None, answer that refuses)."""
    resolution = request.args.get("resolution", "hour")
    if resolution not in RESOLUTIONS:
        return None, refuse(
            400,
            "resolution: {} is not accepted; accepted: {}".format(
                repr(resolution[:20]), ", ".join(RESOLUTIONS)
            ),
        )
    since = request.args.get("since", "")
    if since and not _is_time(since):
        return None, refuse(
            400,
            "since: {} is not accepted; accepted: UTC such as {}".format(repr(since[:20]), _SINCE),
        )
    if parts.history is None:
        return None, refuse(404, "history: this reader keeps none; accepted: nothing")
    return _since(parts.history(resolution), since), None


def _is_time(text):
    return len(text) == len(_SINCE) and all(
        c.isdigit() if like.isdigit() else c == like for c, like in zip(text, _SINCE)
    )


def _since(rows, since):
    """Yield rows from a time on, and None for each that is passed over."""
    for row in rows:
        # Times of this form sort as text.
        passed = since and (row["start_utc"] is None or row["start_utc"] < since)
        yield None if passed else row


def _json_pieces(rows):
    """Yield a JSON list bit by bit: months of intervals do not fit into memory."""
    piece = "["
    lead = ""
    for row in rows:
        if row is None:
            # Nothing to send, but the others get their turn.
            yield ""
            continue
        piece += lead + json.dumps(row)
        lead = ","
        if len(piece) > _PIECE:
            yield piece
            piece = ""
    yield piece + "]"


def _csv_pieces(rows):
    piece = ",".join(FIELDS) + "\r\n"
    for row in rows:
        if row is None:
            yield ""
            continue
        values = [row.get(name) for name in FIELDS]
        piece += ",".join(["" if value is None else str(value) for value in values]) + "\r\n"
        if len(piece) > _PIECE:
            yield piece
            piece = ""
    yield piece

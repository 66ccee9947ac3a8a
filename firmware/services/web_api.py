"""The JSON interface ``/api/v1``, and what programs read beside it; see ``openapi.json``."""

import json

from core import event_log, metrics, password, payload
from core.history import RESOLUTIONS
from services.web_auth import refuse, with_document

PREFIX = "/api/v1"
NO_STORE = {"Cache-Control": "no-store"}
HISTORY_FIELDS = (
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


def add(app, parts):
    """Add the routes.

    Args:
        app: ``Microdot``.
        parts: ``services.web.Parts``.
    """
    _add_reading(app, parts)
    _add_history(app, parts)
    _add_changes(app, parts)


def _add_reading(app, parts):
    @app.get(PREFIX + "/status")
    async def get_status(request):
        return parts.status(), 200, dict(NO_STORE)

    @app.get(PREFIX + "/events")
    async def get_log(request):
        events = [payload.event(event) for event in parts.events()]
        return events, 200, dict(NO_STORE)

    @app.get(PREFIX + "/trend")
    async def get_trend(request):
        return parts.trend(), 200, dict(NO_STORE)

    @app.get(PREFIX + "/config")
    async def get_config(request):
        return parts.settings.shown(), 200, dict(NO_STORE)

    @app.get("/metrics")
    async def get_metrics(request):
        body = "".join(metrics.lines(parts.status()))
        return body, 200, {"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"}

    @app.get("/events")
    async def get_live(request):
        return parts.live.answer(request)


def _add_history(app, parts):
    def rows_of(request):
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
                "since: {} is not accepted; accepted: UTC such as {}".format(
                    repr(since[:20]), _SINCE
                ),
            )
        if parts.history is None:
            return None, refuse(404, "history: this reader keeps none; accepted: nothing")
        return _since(parts.history(resolution), since), None

    @app.get(PREFIX + "/history")
    async def get_history(request):
        rows, refusal = rows_of(request)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return refusal or (_json_pieces(rows), 200, headers)

    @app.get(PREFIX + "/history.csv")
    async def get_history_csv(request):
        rows, refusal = rows_of(request)
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="history.csv"',
            "Cache-Control": "no-store",
        }
        return refusal or (_csv_pieces(rows), 200, headers)


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
    piece = ",".join(HISTORY_FIELDS) + "\r\n"
    for row in rows:
        if row is None:
            yield ""
            continue
        values = [row.get(name) for name in HISTORY_FIELDS]
        piece += ",".join(["" if value is None else str(value) for value in values]) + "\r\n"
        if len(piece) > _PIECE:
            yield piece
            piece = ""
    yield piece


def _add_changes(app, parts):
    @app.put(PREFIX + "/config")
    @with_document
    async def put_config(document):
        try:
            errors = parts.settings.change(document)
        except OSError as error:
            return refuse(507, "config.json: could not be written: {}".format(error))
        if errors:
            return {"error": errors[0], "errors": errors}, 422
        parts.log(event_log.CONFIG)
        return {"applied": "after restart", "restart": PREFIX + "/restart"}

    @app.post(PREFIX + "/register")
    @with_document
    async def post_register(document):
        allow_lower = document.get("allow_lower", False)
        if allow_lower is not True and allow_lower is not False:
            return refuse(422, "allow_lower: not accepted; accepted: true or false")
        try:
            parts.register.set_reading(document.get("kwh"), allow_lower=allow_lower)
        except ValueError as error:
            return refuse(422, str(error).replace("reading_kwh", "kwh"))
        parts.log(event_log.REGISTER_SET)
        return {"kwh": parts.register.reading_kwh()}

    @app.put(PREFIX + "/password")
    @with_document
    async def put_password(document):
        if not password.acceptable(document.get("password")):
            return refuse(422, "password: not accepted; accepted: text of " + password.ACCEPTED)
        if not await parts.guard.set_password(document["password"]):
            return refuse(507, "password: could not be stored")
        return {"password": "set"}

    @app.post(PREFIX + "/restart")
    async def post_restart(request):
        parts.restart_soon()
        return {"restart": "in a second"}, 202

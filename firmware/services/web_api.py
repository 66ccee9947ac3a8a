"""The routes that only tell how things stand; see ``openapi.json``."""

from core import payload
from services import on_demand

_NO_STORE = "no-store"


async def on_get_status(parts, request):
    headers = {"Content-Type": "application/json", "Cache-Control": _NO_STORE}
    return payload.pieces(parts.sections()), 200, headers


async def on_get_events(parts, request):
    events = [payload.event(event) for event in parts.events()]
    return events, 200, {"Cache-Control": _NO_STORE}


async def on_get_trend(parts, request):
    return parts.trend(), 200, {"Cache-Control": _NO_STORE}


async def on_get_metrics(parts, request):
    metrics = on_demand.need("core.metrics")
    body = "".join(metrics.lines(parts.status()))
    return body, 200, {"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": _NO_STORE}

"""The web page and the JSON beside it.

Failure model: clients may be slow, rude or many. A request is small and read-only; what is
too large is refused by microdot before it is read.
"""

from microdot import Microdot, Request, Response, send_file

from core import payload

VERSION_PREFIX = "/api/v1"
_BODY_MAX = 2048
_PAGE = "www/index.html"


def build(status, events, page=_PAGE):
    """Return the application.

    Args:
        status: function that returns the status dict.
        events: function that returns an iterable of event dicts.
        page: path of the page's file.
    """
    Request.max_content_length = _BODY_MAX
    Request.max_body_length = _BODY_MAX
    Request.max_readline = _BODY_MAX
    Response.default_content_type = "application/json"
    app = Microdot()

    @app.get("/")
    async def index(request):
        return send_file(page, content_type="text/html; charset=utf-8", max_age=0)

    @app.get(VERSION_PREFIX + "/status")
    async def get_status(request):
        return status(), 200, {"Cache-Control": "no-store"}

    @app.get(VERSION_PREFIX + "/events")
    async def get_events(request):
        return [payload.event(event) for event in events()], 200, {"Cache-Control": "no-store"}

    @app.errorhandler(404)
    async def not_found(request):
        return {"error": "path: no such page; accepted: /, /api/v1/status, /api/v1/events"}, 404

    @app.errorhandler(405)
    async def not_allowed(request):
        return {"error": "method: not accepted here; accepted: GET"}, 405

    @app.errorhandler(413)
    async def too_large(request):
        return {"error": "body: too large; accepted: up to 2048 bytes"}, 413

    return app


async def serve(app, port):
    """Serve for ever on a TCP port, on every interface."""
    await app.start_server(host="0.0.0.0", port=port)

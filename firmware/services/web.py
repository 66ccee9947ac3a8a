"""The web page and the JSON beside it: assembles what the other ``web_*`` modules do."""

import asyncio

from microdot import Microdot, Request, Response

from core.http_head import BODY_MAX, LINE_MAX
from services import web_api, web_live, web_pages, web_setup
from services.web_limits import Door

_RESTART_MS = 1000


class Parts:
    """What the routes stand on.

    Args:
        status: function that returns the status dict.
        events: function that returns an iterable of event dicts.
        guard: ``services.web_auth.Guard``.
        settings: ``services.settings.Settings``.
        register: ``core.energy.Register``.
        log: function that logs an event of a kind.
        trend: function that returns the body of ``/api/v1/trend``.
        mark: function that returns something that differs when pages should know at once.
        restart: function that restarts the board after what has to be saved was saved.
        history: function of a resolution, one of ``core.history.RESOLUTIONS``, that returns
            an iterable of rows, dicts with ``web_api.HISTORY_FIELDS``; or None.
    """

    def __init__(
        self, status, events, guard, settings, register, log, trend, mark, restart, history=None
    ):
        self.status = status
        self.events = events
        self.guard = guard
        self.settings = settings
        self.register = register
        self.log = log
        self.trend = trend
        self.history = history
        self.live = web_live.Live(status, mark)
        self._restart = restart

    def restart_soon(self):
        """Restart once the answer has had time to get through."""

        async def restart():
            await asyncio.sleep_ms(_RESTART_MS)
            self._restart()

        asyncio.create_task(restart())  # noqa: RUF006 - MicroPython keeps its tasks itself


def build(parts, setup=None, pages=None):
    """Return the application.

    Args:
        parts: ``Parts``.
        setup: ``services.web_setup.SetupPages``, or None.
        pages: ``services.web_pages.Pages``.
    """
    Request.max_content_length = BODY_MAX
    Request.max_body_length = BODY_MAX
    Request.max_readline = LINE_MAX + 2
    Response.default_content_type = "application/json"
    app = Microdot()
    pages = pages or web_pages.Pages()
    _add_guard(app, parts.guard)

    @app.get("/")
    async def get_page(request):
        return (setup and setup.redirect(request)) or pages.answer(request, "index.html")

    @app.get("/uplot.js")
    async def get_chart_library(request):
        return pages.answer(request, "uplot.js")

    @app.get(web_api.PREFIX + "/openapi.json")
    async def get_openapi(request):
        return pages.answer(request, "openapi.json")

    web_api.add(app, parts)
    if setup:
        setup.add(app, pages)
    _add_errors(app, setup)
    return app


def _add_guard(app, guard):
    """Have every request admitted or refused in one place, also those to routes to come."""
    public = ("/", "/uplot.js", web_api.PREFIX + "/openapi.json", web_setup.PAGE)

    @app.before_request
    async def admit(request):
        path = request.path
        if path in public:
            return None
        if request.method in ("GET", "HEAD"):
            return await guard.refuse_read(request)
        if path == web_api.PREFIX + "/password":
            return await guard.refuse_new_password(request)
        return await guard.refuse_change(request)


def _add_errors(app, setup):
    @app.errorhandler(400)
    async def malformed(request):
        return {"error": "request: malformed; accepted: HTTP/1.1"}, 400

    @app.errorhandler(404)
    async def not_found(request):
        return (setup and setup.redirect(request)) or (
            {"error": "path: no such page; accepted: those in /api/v1/openapi.json"},
            404,
        )

    @app.errorhandler(405)
    async def not_allowed(request):
        return {"error": "method: not accepted here; accepted: see /api/v1/openapi.json"}, 405

    @app.errorhandler(500)
    async def failed(request):
        return {"error": "the reader failed to answer; counting goes on"}, 500


async def serve(app, port, idle_s):
    """Serve for ever on a TCP port, on every interface."""
    await Door(app, idle_s).run(port)

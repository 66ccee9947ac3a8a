"""The web page and the JSON beside it: one table of routes, in front of the ``web_*`` modules.

A route's module is imported when it is asked for, see ``services.on_demand``. The function in
it that answers is named after the method and the last part of the path: ``GET /metrics`` is
``on_get_metrics(parts, request)``.
"""

import asyncio

from microdot import Microdot, Request, Response

from core.http_head import BODY_MAX, LINE_MAX
from services import on_demand
from services.web_auth import refuse
from services.web_limits import Door

PREFIX = "/api/v1"
# Path, module after "web_", and the methods it takes. A text, which takes no heap where byte code
# is run in place: a dict of 26 texts does.
ROUTES = """
/ pages GET
/uplot.js pages GET
/setup pages GET
/events live GET
/metrics api GET
/api/v1/openapi.json pages GET
/api/v1/status api GET
/api/v1/events api GET
/api/v1/trend api GET
/api/v1/history history GET
/api/v1/history.csv history GET
/api/v1/config change GET PUT
/api/v1/register change POST
/api/v1/password change PUT
/api/v1/restart change POST
/api/v1/setup/networks setup GET
/api/v1/setup/open setup POST
/api/v1/setup/close setup POST
/api/v1/aim setup GET
/api/v1/aim/learn setup POST
/api/v1/update update GET
/api/v1/update/begin update POST
/api/v1/update/hashes update POST
/api/v1/update/copy update POST
/api/v1/update/file update POST
/api/v1/update/finish update POST
"""
_PUBLIC = ("/", "/uplot.js", "/setup", "/api/v1/openapi.json")
_RESTART_MS = 1000
_NO_MEMORY = "memory: none left for this now; accepted: again in a minute; counting goes on"


class Parts:
    """What the routes stand on.

    Args:
        sections: function that returns an iterable of (name, value), the members of the status.
        events: function that returns an iterable of event dicts.
        guard: ``services.web_auth.Guard``.
        settings: ``services.settings.Settings``.
        register: ``core.energy.Register``.
        log: function that logs an event of a kind.
        trend: function that returns the body of ``/api/v1/trend``.
        mark: function that returns something that differs when pages should know at once.
        restart: function that restarts the board after what has to be saved was saved.
        history: function of a resolution, one of ``core.history.RESOLUTIONS``, that returns
            an iterable of rows, dicts with ``web_history.FIELDS``; or None.

    Attributes:
        provisioning: ``services.provisioning.Provisioning``, or None for no set-up.
        aiming: ``services.aiming.Aiming``.
        port: of the web server, where set-up finds it.
        pages: folder of the page's files.
        update: function that returns what ``GET /api/v1/update`` answers, a dict of ``slot``,
            ``confirmed`` and ``version``; or None for no updates over the network.
    """

    def __init__(
        self, sections, events, guard, settings, register, log, trend, mark, restart, history=None
    ):
        self.sections = sections
        self.events = events
        self.guard = guard
        self.settings = settings
        self.register = register
        self.log = log
        self.trend = trend
        self.mark = mark
        self.history = history
        self.provisioning = None
        self.aiming = None
        self.port = 80
        self.pages = "www"
        self.update = None
        # What the modules of the routes keep between two requests.
        self.live = None
        self.receiver = None
        self._restart = restart

    def status(self):
        """Return the whole status, a dict."""
        return dict(self.sections())

    def restart_soon(self):
        """Restart once the answer has had time to get through."""

        async def restart():
            await asyncio.sleep_ms(_RESTART_MS)
            self._restart()

        asyncio.create_task(restart())  # noqa: RUF006 - MicroPython keeps its tasks itself


class App(Microdot):
    """The application: microdot, with the table in place of its own routes.

    Args:
        parts: ``Parts``.
    """

    def __init__(self, parts):
        super().__init__()
        self._parts = parts
        # In one place, so that it is asked also for routes to come.
        self.before_request_handlers.append(self._admit)
        self.error_handlers = {
            400: self._malformed,
            404: self._not_found,
            405: self._not_allowed,
            500: self._failed,
        }

    def find_route(self, request):
        """Return (handler or status of the error, and two values of microdot's)."""
        request.url_args = {}
        method = "GET" if request.method == "HEAD" else request.method
        module, methods = self._route(request.path)
        if module is None:
            return 404, "", None
        if method == "OPTIONS":
            return self.default_options_handler(request), "", None
        if method not in methods:
            return 405, "", None
        name = request.path.rpartition("/")[2].replace(".", "_") or "index"

        async def answer(request):
            try:
                handler = getattr(
                    on_demand.need("services.web_" + module),
                    "on_" + method.lower() + "_" + name,
                )
            except MemoryError:
                return refuse(503, _NO_MEMORY, {"Retry-After": "60"})
            return await handler(self._parts, request)

        return answer, "", None

    def default_options_handler(self, request):
        """Return the headers that name the methods of a path."""
        methods = self._route(request.path)[1]
        more = ["HEAD", "OPTIONS"] if "GET" in methods else ["OPTIONS"]
        return {"Allow": ", ".join(methods + more)}

    def _route(self, path):
        """Return (module or None, methods) of a path."""
        at = ROUTES.find("\n{} ".format(path)) + 1
        row = ROUTES[at : ROUTES.find("\n", at)].split(" ")
        # A path with a space in it, or a line's end, is none.
        module, *methods = row[1:] if at and row[0] == path else ("",)
        parts = self._parts
        if module == "setup" or path == "/setup":
            return (module, methods) if parts.provisioning else (None, [])
        if not module or (module == "update" and not parts.update):
            return None, []
        return module, methods

    async def _admit(self, request):
        guard = self._parts.guard
        path = request.path
        if path in _PUBLIC:
            return None
        if request.method in ("GET", "HEAD"):
            return await guard.refuse_read(request)
        if path == "/api/v1/password":
            return await guard.refuse_new_password(request)
        return await guard.refuse_change(request)

    async def _malformed(self, request):
        return {"error": "request: malformed; accepted: HTTP/1.1"}, 400

    async def _not_found(self, request):
        provisioning = self._parts.provisioning
        if provisioning and provisioning.is_open():
            found = on_demand.need("services.web_setup").redirect(self._parts, request)
            if found:
                return found
        return {"error": "path: no such page; accepted: those in /api/v1/openapi.json"}, 404

    async def _not_allowed(self, request):
        return {"error": "method: not accepted here; accepted: see /api/v1/openapi.json"}, 405

    async def _failed(self, request):
        return {"error": "the reader failed to answer; counting goes on"}, 500


def build(parts):
    """Return the application on ``Parts``."""
    Request.max_content_length = BODY_MAX
    Request.max_body_length = BODY_MAX
    Request.max_readline = LINE_MAX + 2
    Response.default_content_type = "application/json"
    return App(parts)


async def serve(app, port, idle_s):
    """Serve for ever on a TCP port, on every interface."""
    await Door(app, idle_s).run(port)

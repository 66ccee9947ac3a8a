"""The routes of set-up: networks in reach, aiming, learning, and the captive portal."""

from microdot import Response

from core import origin
from services.web_api import NO_STORE, PREFIX
from services.web_auth import refuse

PAGE = "/setup"


class SetupPages:
    """What set-up adds to the application.

    Args:
        provisioning: ``services.provisioning.Provisioning``.
        aiming: ``services.aiming.Aiming``.
        port: of the web server.
    """

    def __init__(self, provisioning, aiming, port):
        self._provisioning = provisioning
        self._aiming = aiming
        self._port = "" if port == 80 else ":{}".format(port)

    def redirect(self, request):
        """Return the way to set-up for whoever looks for the internet there, else None.

        Phones ask some address for a known answer; any other answer makes them show it.
        """
        setup = self._provisioning
        if not setup.is_open() or request.method not in ("GET", "HEAD"):
            return None
        if not origin.is_local(request.headers.get("Host") or ""):
            return Response.redirect("http://{}{}{}".format(setup.address, self._port, PAGE))
        if request.path == "/" and not setup.configured:
            return Response.redirect(PAGE)
        if request.path.startswith("/api/"):
            return None
        return None if request.path == "/" else Response.redirect(PAGE)

    def add(self, app, pages):
        """Add the routes."""
        provisioning = self._provisioning
        aiming = self._aiming

        @app.get(PAGE)
        async def get_setup(request):
            return pages.answer(request, "setup.html")

        @app.get(PREFIX + "/setup/networks")
        async def get_networks(request):
            if not provisioning.is_open():
                return refuse(403, "setup: not open; accepted: a long press of the button first")
            try:
                networks = provisioning.scan()
            except OSError as error:
                return refuse(503, "networks: the radio refuses: {}".format(error))
            names = ("ssid", "rssi_dbm", "secure")
            return [dict(zip(names, found)) for found in networks], 200, dict(NO_STORE)

        @app.post(PREFIX + "/setup/open")
        async def open_setup(request):
            provisioning.open()
            return {"setup": "opens"}, 202

        @app.post(PREFIX + "/setup/close")
        async def close_setup(request):
            provisioning.close()
            return {"setup": "closes"}, 202

        @app.get(PREFIX + "/aim")
        async def get_aim(request):
            return aiming.body(), 200, dict(NO_STORE)

        @app.post(PREFIX + "/aim/learn")
        async def learn_width(request):
            return aiming.learn(), 202

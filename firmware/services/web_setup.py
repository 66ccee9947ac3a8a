"""The routes of set-up: networks in reach, aiming, learning, and the captive portal."""

from microdot import Response

from core import origin
from services.web_auth import refuse

PAGE = "/setup"


def redirect(parts, request):
    """Return the way to set-up for whoever looks for the internet there, else None.

    Phones ask some address for a known answer; any other answer makes them show it.
    """
    setup = parts.provisioning
    if not setup.is_open() or request.method not in ("GET", "HEAD"):
        return None
    if not origin.is_local(request.headers.get("Host") or ""):
        port = "" if parts.port == 80 else ":{}".format(parts.port)
        return Response.redirect("http://{}{}{}".format(setup.address, port, PAGE))
    if request.path == "/" and not setup.configured:
        return Response.redirect(PAGE)
    if request.path.startswith("/api/"):
        return None
    return None if request.path == "/" else Response.redirect(PAGE)


async def on_get_networks(parts, request):
    if not parts.provisioning.is_open():
        return refuse(403, "setup: not open; accepted: a long press of the button first")
    try:
        networks = parts.provisioning.scan()
    except OSError as error:
        return refuse(503, "networks: the radio refuses: {}".format(error))
    names = ("ssid", "rssi_dbm", "secure")
    return [dict(zip(names, found)) for found in networks], 200, {"Cache-Control": "no-store"}


async def on_post_open(parts, request):
    parts.provisioning.open()
    return {"setup": "opens"}, 202


async def on_post_close(parts, request):
    parts.provisioning.close()
    return {"setup": "closes"}, 202


async def on_get_aim(parts, request):
    return parts.aiming.body(), 200, {"Cache-Control": "no-store"}


async def on_post_learn(parts, request):
    return parts.aiming.learn(), 202

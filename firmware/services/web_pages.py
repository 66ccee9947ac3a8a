"""The page's files, gzipped when they were built and sent as they are."""

from microdot import Response

from services import on_demand

_HTML = "text/html; charset=utf-8"
_TYPES = {"html": _HTML, "js": "text/javascript; charset=utf-8", "json": "application/json"}
_NEVER_CHANGES = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
# No other site's page, script or picture has any business in the reader's page.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
)


async def on_get_index(parts, request):
    setup = parts.provisioning
    if setup and setup.is_open():
        found = on_demand.need("services.web_setup").redirect(parts, request)
        if found:
            return found
    return _answer(parts, request, "index.html")


async def on_get_uplot_js(parts, request):
    return _answer(parts, request, "uplot.js")


async def on_get_setup(parts, request):
    return _answer(parts, request, "setup.html")


async def on_get_openapi_json(parts, request):
    return _answer(parts, request, "openapi.json")


def _answer(parts, request, name):
    """Return microdot's answer with a file, "not modified", or 404."""
    try:
        file = open("{}/{}.gz".format(parts.pages, name), "rb")  # noqa: SIM115 - sent later
    except OSError:
        return {"error": "page: not installed; accepted: the build's www folder"}, 404
    tag = _tag(file)
    versioned = request.query_string is not None
    headers = {
        "Content-Type": _TYPES[name.rpartition(".")[2]],
        "Content-Encoding": "gzip",
        "ETag": tag,
        "Cache-Control": _NEVER_CHANGES if versioned else _ASK_AGAIN,
        "X-Content-Type-Options": "nosniff",
    }
    if name.endswith(".html"):
        headers["Content-Security-Policy"] = _POLICY
        headers["Referrer-Policy"] = "no-referrer"
    if request.headers.get("If-None-Match") == tag:
        file.close()
        return b"", 304, {"ETag": tag, "Cache-Control": headers["Cache-Control"]}
    headers["Content-Length"] = str(file.seek(0, 2))
    file.seek(0)
    return Response(file, 200, headers)


def _tag(file):
    """Return an entity tag: the CRC and length that end every gzip file."""
    file.seek(-8, 2)
    return '"' + "".join(["{:02x}".format(byte) for byte in file.read(8)]) + '"'

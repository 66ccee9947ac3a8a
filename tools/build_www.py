"""Assemble the page: firmware/www/ -> build/www/, gzipped, as the board holds it in www/.

    python tools/build_www.py build/www

Style and script go into the HTML, so that a page is one request: the board has few sockets, and
each answer costs it more than a few kB do. The chart library stays a file of its own, which
browsers keep for good. Comments and white space stay behind; names stay as they are.
"""

import json
import re
import sys
from pathlib import Path

import rcssmin
import rjsmin
from zopfli import gzip

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "firmware" / "www"
PAGES = ("index.html", "setup.html")

_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
_SCRIPT = re.compile(r'<script src="([^"?/]+)"></script>')


def minified(html: str) -> str:
    """Return HTML without indentation, empty lines and comments."""
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    lines = [line.strip() for line in html.splitlines()]
    return "\n".join(line for line in lines if line) + "\n"


def page(name: str) -> str:
    """Return a page with its style and scripts in it."""

    def style(match: re.Match) -> str:
        return "<style>" + rcssmin.cssmin(_read(match.group(1))) + "</style>"

    def script(match: re.Match) -> str:
        return "<script>" + rjsmin.jsmin(_read(match.group(1))) + "</script>"

    html = minified(_read(name))
    return _SCRIPT.sub(script, _STYLE.sub(style, html))


def build(target: Path) -> dict[str, int]:
    """Write all files and return name to size."""
    chart = (SOURCE / "vendor" / "uPlot.iife.min.js").read_text(encoding="utf-8")
    files = {name: page(name) for name in PAGES}
    files["uplot.js"] = chart
    files["openapi.json"] = json.dumps(json.loads(_read("openapi.json")), separators=(",", ":"))
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.gz"):
        if old.stem not in files:
            old.unlink()
    sizes = {}
    for name, text in files.items():
        # No date in it: the same source gives the same bytes.
        packed = gzip.compress(text.encode())
        path = target / f"{name}.gz"
        if not path.exists() or path.read_bytes() != packed:
            path.write_bytes(packed)
        sizes[name] = len(packed)
    return sizes


def _read(name: str) -> str:
    return (SOURCE / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]))

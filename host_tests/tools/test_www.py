"""What the page is built from, and what it is built to."""

import gzip
import json
import re

import pytest

from tools import build_www, vendor_www


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("www")
    build_www.build(folder)
    return folder


def test_what_was_vendored_is_as_pinned():
    pin = json.loads((vendor_www.VENDOR / "uplot.json").read_text())
    assert pin["integrity"].startswith("sha512-")
    assert vendor_www.wrong(pin, vendor_www.VENDOR) == []


def test_a_changed_file_is_found(tmp_path):
    pin = json.loads((vendor_www.VENDOR / "uplot.json").read_text())
    for name in pin["files"]:
        (tmp_path / name).write_bytes((vendor_www.VENDOR / name).read_bytes() + b" ")
    assert set(vendor_www.wrong(pin, tmp_path)) == set(pin["files"])


def test_the_same_source_gives_the_same_bytes(built, tmp_path):
    build_www.build(tmp_path)
    for path in built.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_pages_are_whole_and_ask_nothing_of_the_internet(built):
    for name in build_www.PAGES:
        html = gzip.decompress((built / f"{name}.gz").read_bytes()).decode()
        assert "<style>" in html
        assert 'rel="stylesheet"' not in html
        sources = re.findall(r'(?:src|href|action)="([^"]+)"', html)
        assert [
            source for source in sources if "//" in source and not source.startswith("data:")
        ] == []
        addresses = set(re.findall(r"https?://[\w.{}$]+", html))
        # A name space of SVG, and the page's own address.
        assert addresses <= {"http://www.w3.org", "http://{}.local"}, addresses


def test_what_was_removed_from_the_source_leaves_the_build(built, tmp_path):
    (tmp_path / "old.html.gz").write_bytes(b"")
    build_www.build(tmp_path)
    assert not (tmp_path / "old.html.gz").exists()


def test_comments_and_white_space_stay_behind_and_strings_do_not(monkeypatch):
    source = {
        "page.html": '<!-- gone -->\n  <link rel="stylesheet" href="a.css">\n'
        '  <script src="b.js"></script>\n  <p>a  b</p>\n',
        "a.css": "/* gone */\np { color: red; }\n",
        "b.js": "/* gone\n   too */\n  let url = 'http://x  y'; // gone\n\n  go(url);\n",
    }
    monkeypatch.setattr(build_www, "_read", source.get)
    assert build_www.page("page.html") == (
        "<style>p{color:red}</style>\n"
        "<script>let url='http://x  y';go(url);</script>\n"
        "<p>a  b</p>\n"
    )


def test_set_up_lists_every_tariff_by_the_name_its_file_has():
    script = (build_www.SOURCE / "setup.js").read_text(encoding="utf-8")
    line = re.search(r"^const TARIFFS = \{(.*)\};$", script, re.MULTILINE).group(1)
    shown = dict(re.findall(r'(\w+): "([^"]+)"', line))
    files = (build_www.ROOT / "firmware" / "tariffs").glob("*.json")
    names = {path.stem: json.loads(path.read_text(encoding="utf-8"))["name"] for path in files}
    # In the reader's own language this one says that there is no charge.
    del names["none"]
    assert shown == names

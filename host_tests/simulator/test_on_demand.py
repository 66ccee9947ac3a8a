"""What is needed now and then is imported when it is, forgotten again, and may find no memory."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import os
import sys

from portable import raises
from services import on_demand, web
from services.settings import Settings


def modules():
    return set(sys.modules)


def test_it_is_forgotten_with_what_it_alone_brought():
    import core.energy

    before = modules()
    config = on_demand.need("core.config")
    assert config is sys.modules["core.config"]
    assert config is on_demand.need("core.config")
    on_demand.need("services.tariff_file")
    assert {"core.config", "core.tariff", "core.holiday"} < modules() - before
    on_demand.forget(0)
    assert modules() == before
    assert not hasattr(core, "config")
    # What others need as well stays, and so does what somebody still holds.
    assert sys.modules["core.energy"] is core.energy
    assert config.parse("{}")[1] == []


def test_it_stays_while_it_is_in_use():
    password = on_demand.need("core.password")
    on_demand.forget()
    on_demand.forget(1000)
    assert on_demand.need("core.password") is password
    on_demand.forget(0)
    assert on_demand.need("core.password") is not password
    on_demand.forget(0)


def test_an_import_without_memory_leaves_nothing_behind_and_can_be_had_later():
    before = modules()
    os.mkdir("services")
    source = "import core.aim\n{}\nfrom core.captive_dns import answer\n"
    with open("services/hungry.py", "w") as file:
        file.write(source.format("raise MemoryError"))
    path = sys.modules["services"].__path__
    sys.modules["services"].__path__ = os.getcwd() + "/services"
    try:
        raises(MemoryError, on_demand.need, "services.hungry")
    finally:
        sys.modules["services"].__path__ = path
    assert modules() == before
    assert on_demand.need("core.aim").UpperAim
    on_demand.forget(0)
    assert modules() == before


class Request:
    method = "GET"

    def __init__(self, path):
        self.path = path


async def test_a_route_that_finds_no_memory_says_so_and_answers_later():
    parts = web.Parts(*[None] * 9)
    parts.events = list
    app = web.build(parts)
    request = Request("/api/v1/events")
    need = on_demand.need

    def hungry(name):
        raise MemoryError("memory allocation failed, allocating 1624 bytes")

    on_demand.need = hungry
    try:
        body, status, headers = await app.find_route(request)[0](request)
    finally:
        on_demand.need = need
    assert (status, headers) == (503, {"Retry-After": "60"})
    assert body["error"].startswith("memory: none left")
    assert (await app.find_route(request)[0](request))[:2] == ([], 200)


def test_every_route_leads_to_a_function():
    for route in web.ROUTES.strip().split("\n"):
        path, module, *methods = route.split(" ")
        for method in methods:
            name = path.rpartition("/")[2].replace(".", "_") or "index"
            found = on_demand.need("services.web_" + module)
            assert callable(getattr(found, "on_" + method.lower() + "_" + name)), path
    on_demand.forget(0)


def test_a_path_that_only_looks_like_a_row_is_none():
    find = web.App(web.Parts(*[None] * 9))._route
    assert find("/events") == ("live", ["GET"])
    for path in ("", " ", "\n", "/even", "/events live", "/ pages GET\n/uplot.js", "events"):
        assert find(path) == (None, []), path


class File:
    """A ``TextFile`` in memory."""

    def __init__(self, text=None):
        self.text = text

    def read(self):
        return self.text

    def write(self, text):
        self.text = text


def test_a_schema_imported_anew_has_the_pins_of_the_same_chip():
    settings = Settings(File("{}"), File(), lambda pin: pin < 22, "XIAO ESP32C3 with ESP32C3")
    assert settings.values["pulse.pin"] == 4
    on_demand.forget(0)
    assert settings.change({"meter": {"fuse_a": 25}}) == []

"""The reader's interface, asked over TCP while the real firmware runs on the imitated board."""

import gzip
import json
import time
from itertools import islice, pairwise
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import validate as validate_openapi
from prometheus_client.parser import text_string_to_metric_families
from simulator_run import SimulatorRun
from web_client import Client, Events

from core.history import RESOLUTIONS
from services import web, web_history

ROOT = Path(__file__).parents[2]
OPENAPI = json.loads((ROOT / "firmware" / "www" / "openapi.json").read_text(encoding="utf-8"))
PASSWORD = "correct horse battery"


def started(state_dir, *options):
    run = SimulatorRun(state_dir, *options)
    # Power takes two pulses.
    run.wait_for(lambda status: status["power"]["w"] is not None)
    return run


@pytest.fixture(scope="module", params=[[], ["--byte-code"]], ids=["sources", "byte code"])
def firmware(request):
    """Options for the sources, and for what they become on the board, with other names."""
    return request.param


@pytest.fixture(scope="module")
def state_dir(firmware, tmp_path_factory):
    return tmp_path_factory.mktemp("web") / "run"


@pytest.fixture(scope="module")
def client(state_dir, firmware):
    """A reader whose password is set, for tests that leave it as it was."""
    with started(state_dir, "--profile", "constant:3000", "--speed", "10", *firmware) as run:
        client = Client(run.port, PASSWORD)
        assert client.put("/api/v1/password", {"password": PASSWORD}) == (200, {"password": "set"})
        yield client
        run.interrupt()
        code, output = run.finish()
        assert code in (0, 1), output


@pytest.fixture
def stranger(client):
    return Client(client.port)


# --- the document ---------------------------------------------------------------------------


def served_routes():
    """Return {(method, path)} of the table that the application answers by."""
    rows = [route.split(" ") for route in web.ROUTES.strip().split("\n")]
    return {(method.lower(), path) for path, _, *methods in rows for method in methods}


def test_the_openapi_document_is_valid():
    validate_openapi(OPENAPI)


def test_every_route_but_the_pages_is_guarded(stranger):
    pages = ("/", "/uplot.js", "/api/v1/openapi.json", "/setup")
    for method, path in sorted(served_routes()):
        foreign = {"Host": "elsewhere.example"}
        if path in pages:
            assert stranger.get(path)[0] == 200, path
            continue
        assert stranger.request(method.upper(), path, b"{}", foreign)[0] == 421, path
        if method != "get":
            assert stranger.request(method.upper(), path, {})[0] == 401, path


def test_every_route_is_in_the_openapi_document_and_no_other():
    documented = {(method, path) for path, item in OPENAPI["paths"].items() for method in item}
    assert documented == served_routes()


def test_the_document_is_served(stranger):
    status, headers, body = stranger.request("GET", "/api/v1/openapi.json")
    assert status == 200
    assert headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body)) == OPENAPI


def documented_gets():
    apart = ("/api/v1/openapi.json", "/api/v1/setup/networks")
    for path, item in OPENAPI["paths"].items():
        content = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "application/json" in content and path not in apart:
            yield path, content["application/json"]["schema"]


@pytest.mark.parametrize(
    ("path", "schema"), list(documented_gets()), ids=lambda value: str(value)[:40]
)
def test_what_is_answered_is_what_is_documented(stranger, path, schema):
    status, body = stranger.get(path)
    assert status == 200
    jsonschema.validate(
        body, {**schema, "components": OPENAPI["components"]}, jsonschema.Draft202012Validator
    )


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_history_is_listed_in_every_resolution(stranger, resolution):
    assert stranger.get(f"/api/v1/history?resolution={resolution}")[0] == 200
    status, headers, body = stranger.request("GET", f"/api/v1/history.csv?resolution={resolution}")
    assert status == 200
    assert headers["Content-Type"].startswith("text/csv")
    assert body.decode().splitlines()[0].split(",") == list(web_history.FIELDS)


@pytest.mark.parametrize("query", ["resolution=week", "resolution=", "since=yesterday", "since=x"])
def test_a_question_for_history_that_makes_no_sense_is_refused(stranger, query):
    for path in ("/api/v1/history", "/api/v1/history.csv"):
        status, body = stranger.get(f"{path}?{query}")
        assert status == 400
        assert body["error"].startswith(query.split("=")[0])
        assert "accepted:" in body["error"]


def test_prometheus_reads_the_metrics(stranger):
    status, headers, body = stranger.request("GET", "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}
    before = stranger.get("/api/v1/status")[1]["register"]["wh"]
    (energy,) = families["omnipower_energy_wh"].samples
    assert families["omnipower_energy_wh"].type == "counter"
    assert 0 <= before - energy.value < 1000
    (power,) = families["omnipower_power_w"].samples
    assert power.value == pytest.approx(3000, rel=0.05)
    states = families["omnipower_supply_state"].samples
    assert {s.labels["state"]: s.value for s in states}["live"] == 1


# --- who may change something ---------------------------------------------------------------

CHANGES = [
    (method, path)
    for path, item in OPENAPI["paths"].items()
    for method in item
    if method in ("put", "post")
]


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_change_needs_the_password(stranger, method, path):
    status, headers, body = stranger.request(method.upper(), path, {})
    assert status == 401
    assert body["error"].startswith("authorization: missing")
    # A browser must not be taught to send it by itself.
    assert not headers["WWW-Authenticate"].lower().startswith(("basic", "digest"))


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_foreign_page_can_change_nothing(client, method, path):
    for headers, status in (
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ):
        assert client.request(method.upper(), path, {}, headers)[0] == status, headers


def test_a_foreign_name_reads_nothing(stranger):
    for path in ("/api/v1/status", "/metrics", "/events", "/api/v1/config"):
        assert stranger.get(path, headers={"Host": "rebound.example"})[0] == 421


def test_guessing_is_held_up_and_the_owner_is_let_in_again(client):
    guesses = [
        Client(client.port, f"guess number {i}").post("/api/v1/aim/learn", {})[0] for i in range(6)
    ]
    assert guesses[:3] == [401, 401, 401]
    assert 429 in guesses[3:]
    # The wait is virtual time, which runs ten times as fast here.
    give_up = time.monotonic() + 10
    while (status := client.post("/api/v1/aim/learn", {})[0]) == 429:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    assert status == 202


def test_the_password_is_not_to_be_found_on_the_flash(client, state_dir):
    assert client.post("/api/v1/aim/learn", {})[0] == 202
    for path in state_dir.iterdir():
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("password", ["short", "x" * 65, "tab\there it is", 12345678, None])
def test_an_unfit_password_is_refused(client, password):
    status, body = client.put("/api/v1/password", {"password": password})
    assert status == 422
    assert body["error"] == ("password: not accepted; accepted: text of 8 to 64 characters")


# --- configuration and register -------------------------------------------------------------


def test_a_faulty_change_names_field_and_range_and_changes_nothing(client):
    before = client.get("/api/v1/config")[1]
    for change, name in (
        ({"meter": {"fuse_a": 5}}, "meter.fuse_a"),
        ({"meter": {"fuse_a": 25, "number": "123"}}, "meter.number"),
        ({"nonsense": {"x": 1}}, "nonsense"),
        ({"meter": {"nonsense": 1}}, "meter.nonsense"),
        ({"meter": 5}, "meter"),
        ({"wifi": {"password": "short"}}, "wifi.password"),
    ):
        status, body = client.put("/api/v1/config", change)
        assert status == 422
        assert body["error"].startswith(name + ":")
        assert "accepted:" in body["error"]
        assert "short" not in json.dumps(body)
    assert client.get("/api/v1/config")[1] == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 4000])
def test_a_body_that_is_no_object_is_refused(client, body):
    status, answer = client.put("/api/v1/config", body)
    assert status == 400
    assert answer["error"].startswith("body: ")


def test_secrets_are_not_shown(stranger):
    status, body = stranger.get("/api/v1/config")
    assert status == 200
    assert body["secrets"]["wifi.password"] is True
    assert "not a secret" not in json.dumps(body)


def test_the_register_is_set_and_set_lower_only_on_purpose(client):
    assert client.post("/api/v1/register", {"kwh": "90000.5"}) == (200, {"kwh": "90000.500"})
    status, body = client.post("/api/v1/register", {"kwh": "80000"})
    assert status == 422
    assert body["error"].startswith("kwh: 80000.000 is below the register's 90000.5")
    for kwh in ("", "x", "-1", "1e5", "123456789", "1.2345", 5, None, True):
        assert client.post("/api/v1/register", {"kwh": kwh})[0] == 422, kwh
    assert client.post("/api/v1/register", {"kwh": "1", "allow_lower": "yes"})[0] == 422
    assert client.post("/api/v1/register", {"kwh": "80000", "allow_lower": True})[0] == 200
    kinds = [event["kind"] for event in client.get("/api/v1/events")[1]]
    assert kinds.count("register_set") >= 3


# --- live -----------------------------------------------------------------------------------


def test_the_status_comes_by_itself_and_listeners_are_bounded(client):
    listeners = [Events(client.port) for _ in range(4)]
    try:
        assert [listener.status for listener in listeners] == [200] * 4
        for listener in listeners:
            uptimes = [status["uptime_ms"] for _, status in islice(listener, 3)]
            # Once a second of the reader's time, which is ten times as fast.
            assert all(900 <= b - a <= 1600 for a, b in pairwise(uptimes)), uptimes
        fifth = Events(client.port)
        assert fifth.status == 503
        fifth.close()
    finally:
        for listener in listeners:
            listener.close()
    give_up = time.monotonic() + 10
    while True:
        again = Events(client.port)
        again.close()
        if again.status == 200:
            break
        assert time.monotonic() < give_up, "a listener that hung up still counts"
        time.sleep(0.2)


# --- pages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/setup", "/uplot.js?1", "/api/v1/openapi.json"])
def test_a_page_that_has_not_changed_is_not_sent_again(stranger, path):
    status, headers, body = stranger.request("GET", path)
    assert status == 200
    assert headers["Content-Encoding"] == "gzip"
    assert int(headers["Content-Length"]) == len(body)
    status, _, body = stranger.request("GET", path, headers={"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


def test_what_is_not_there_is_said_in_json(stranger):
    assert stranger.get("/nowhere")[0] == 404
    assert stranger.get("/nowhere")[1]["error"].startswith("path: ")
    assert stranger.post("/api/v1/status", {})[0] == 405
    assert stranger.request("DELETE", "/api/v1/config")[0] == 405


# --- whole stories --------------------------------------------------------------------------


def test_a_change_applies_after_restart_and_the_register_goes_on(tmp_path):
    with started(tmp_path / "run", "--profile", "constant:3000", "--speed", "10") as run:
        client = Client(run.port)
        # Before there is a password nothing can be changed but the password.
        status, body = client.put("/api/v1/config", {"meter": {"fuse_a": 25}})
        assert status == 403
        assert body["error"].startswith("password: none is set")
        assert client.put("/api/v1/password", {"password": PASSWORD})[0] == 200
        assert client.put("/api/v1/password", {"password": "another one"})[0] == 401
        client.password = PASSWORD
        change = {"meter": {"fuse_a": 25}, "web": {"read_open": False}}
        assert client.put("/api/v1/config", change)[0] == 200
        assert client.get("/api/v1/config")[1]["values"]["meter"]["fuse_a"] == 100
        before = client.get("/api/v1/status")[1]
        assert client.post("/api/v1/restart", {})[0] == 202
        give_up = time.monotonic() + 30
        fuse_a = None
        while fuse_a != 25:
            assert time.monotonic() < give_up
            time.sleep(0.1)
            try:
                fuse_a = client.get("/api/v1/config")[1]["values"]["meter"]["fuse_a"]
            except OSError:
                continue  # It is restarting.
        after = client.get("/api/v1/status")[1]
        assert after["reset_cause"] == "hard"
        assert after["register"]["pulses"] >= before["register"]["pulses"]
        # Reading is closed now, to strangers.
        for path in ("/api/v1/status", "/metrics", "/events", "/api/v1/history", "/api/v1/aim"):
            assert Client(run.port).get(path)[0] == 401, path
        assert client.get("/metrics")[0] == 200
        assert client.put("/api/v1/config", {"web": {"read_open": True}})[0] == 200
        kinds = [event["kind"] for event in client.get("/api/v1/events")[1]]
        assert kinds.count("config") == 2


def test_an_open_breaker_is_told_within_three_seconds(tmp_path):
    options = ("--profile", "constant:3000", "--scenario", "breaker", "--speed", "20")
    with started(tmp_path / "run", *options) as run:
        listener = Events(run.port)
        before = None
        for _, status in listener:
            if status["supply"]["state"] == "breaker_open":
                # It opened between the message before and this one, less the hold-off.
                assert status["supply"]["since_s"] <= 1
                assert status["uptime_ms"] - before["uptime_ms"] <= 1100
                break
            before = status
        listener.close()
        assert Client(run.port).get("/api/v1/status")[1]["supply"]["breaker"] == "open"

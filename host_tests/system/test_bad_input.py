"""Ten thousand requests that nobody should send: the reader goes on counting, to the pulse.

Everything is thrown at the real firmware on the imitated board while pulses come in. At the
end the register must equal the meter's, nothing may have been restarted, and the heap must be
back to where it was.
"""

import json
import socket
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator_run import SimulatorRun, equal_pulses
from web_client import Client, read_all

from core.energy import parse_kwh
from core.password import acceptable

PASSWORD = "correct horse battery"
# What the reader's caches and lists may still grow by, in bytes; 10 000 requests that each
# lost a single small object would come to ten times that.
HEAP_ALLOWANCE = 16384
# Clients that take nothing are shown out after 40 s of the reader's time at this speed, and what
# only they needed is forgotten half a minute later.
GONE_MS = 80000
# The 40 s, and what it may take to notice on a busy machine.
SHOWN_OUT_MS = 60000
# Of the wall: other tests on the same processors hold up the reader's time.
PATIENCE_S = 240
GETS = [
    "/",
    "/setup",
    "/uplot.js",
    "/metrics",
    "/api/v1/status",
    "/api/v1/events",
    "/api/v1/trend",
    "/api/v1/history",
    "/api/v1/history.csv",
    "/api/v1/config",
    "/api/v1/openapi.json",
    "/api/v1/setup/networks",
    "/api/v1/aim",
]
# Not restart, and not what opens set-up: those do as they are told.
CHANGES = [
    ("PUT", "/api/v1/config"),
    ("POST", "/api/v1/register"),
    ("PUT", "/api/v1/password"),
    ("POST", "/api/v1/aim/learn"),
]
STATUSES = {
    *(200, 202, 302, 304, 400, 401, 403, 404, 405, 413, 414, 415, 421, 422, 429, 431, 501, 503)
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Yield a client with the password; in the end compare the two registers."""
    state_dir = tmp_path_factory.mktemp("bad_input") / "run"
    with SimulatorRun(state_dir, "--profile", "constant:20000", "--speed", "4") as run:
        run.wait_for(lambda status: status["register"]["pulses"] >= 1)
        client = Client(run.port, PASSWORD)
        assert client.put("/api/v1/password", {"password": PASSWORD})[0] == 200
        # Everything has been used once before memory is measured.
        for path in GETS:
            client.get(path)
        client.put("/api/v1/config", {"meter": {"fuse_a": "x"}})
        ignore_answers(client)
        before = settled_heap(client, GONE_MS)
        yield client
        after = settled_heap(client, GONE_MS)
        status = client.get("/api/v1/status")[1]
        run.interrupt()
        code, output = run.finish()
    assert status["failures"] == {}
    assert status["pulse"]["ring_overflow"] == 0
    assert code == 0, output
    assert equal_pulses(output) > 100
    assert after - before <= HEAP_ALLOWANCE, (before, after)


def uptime_ms(client):
    return client.get("/api/v1/status")[1]["uptime_ms"]


def settled_heap(client, after_ms=0):
    """Return the least that two of the reader's own collections, 30 s apart, leave in use.

    `after_ms`: of the reader's time, to be waited before.
    """
    least = None
    start_ms = uptime_ms(client)
    while True:
        status = client.get("/api/v1/status")[1]
        past_ms = status["uptime_ms"] - start_ms - after_ms
        if past_ms > 31000:
            # By now the last collection lies within this span.
            live = status["heap"]["live"]
            least = live if least is None else min(least, live)
        if past_ms > 64000:
            return least
        time.sleep(0.1)


def ignore_answers(reader):
    """Be six clients that never read their answer, until another one is served."""
    deaf = []
    try:
        for _ in range(6):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect(("127.0.0.1", reader.port))
            client.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            deaf.append(client)
        give_up = time.monotonic() + PATIENCE_S
        while reader.get("/api/v1/status")[0] != 200:
            assert time.monotonic() < give_up
    finally:
        for client in deaf:
            client.close()


def answered(data):
    """Return the status of an answer, or None where there was none; fail on a strange one."""
    if not data:
        return None
    head, _, body = data.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    assert head.startswith(b"HTTP/1.1 ")
    assert status in STATUSES, data[:300]
    if status >= 400:
        assert "error" in json.loads(body), data[:300]
    return status


# --- requests that are well formed, with contents that are not ------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
sections = st.sampled_from(
    ["meter", "pulse", "wifi", "web", "mqtt", "tariff", "time", "storage", "x"]
)
fields = st.sampled_from(
    ["number", "fuse_a", "pin", "ssid", "password", "host", "name", "port", "idle_s", "x"]
)
configurations = st.dictionaries(
    sections, st.dictionaries(fields, scalars, max_size=3) | scalars, max_size=3
)
registers = st.fixed_dictionaries(
    {}, optional={"kwh": scalars, "allow_lower": scalars, "more": documents}
)
passwords = st.fixed_dictionaries({}, optional={"password": scalars})
bodies = configurations | registers | passwords | documents


def as_the_board_reads(text):
    """Return a text as MicroPython's JSON gives it: half a surrogate pair is a character."""
    if not isinstance(text, str):
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(units[i] | units[i + 1] << 8) for i in range(0, len(units), 2))


def harmless(document):
    """Return whether a document would be refused: what it sets must not spoil the test."""
    if not isinstance(document, dict):
        return True
    if acceptable(as_the_board_reads(document.get("password"))):
        return False
    try:
        parse_kwh(document.get("kwh"))
    except ValueError:
        return True
    return False


@settings(max_examples=3500, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    change=st.sampled_from(CHANGES),
    document=bodies.filter(harmless),
    owner=st.booleans(),
    cut=st.integers(0, 6),
)
def test_any_document(reader, change, document, owner, cut):
    body = json.dumps(document).encode()
    if not cut:
        body = body[: len(body) // 2]
    body = body[:5000]
    method, path = change
    client = reader if owner else Client(reader.port)
    status, _, answer = client.request(method, path, body)
    assert status in STATUSES
    if status >= 400:
        assert isinstance(answer["error"], str)
    elif path != "/api/v1/config":
        assert path == "/api/v1/aim/learn"


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    path=st.sampled_from(GETS) | st.text(st.characters(codec="ascii"), max_size=60),
    query=st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=60),
    headers=st.dictionaries(
        st.sampled_from(["Host", "Origin", "Authorization", "If-None-Match", "Accept", "Cookie"]),
        st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "Zs"]), max_size=60),
        max_size=4,
    ),
)
def test_any_question(reader, path, query, headers):
    lines = [f"GET {path}{'?' + query if query else ''} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    answered(reader.raw("\r\n".join([*lines, "", ""]).encode("utf-8")))


# --- frames that are malformed --------------------------------------------------------------

good = (
    b"PUT /api/v1/config HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 25\r\n\r\n{"meter": {"fuse_a": 5}}\n'
)


@st.composite
def mutated(draw):
    """Draw a request with bytes changed, cut out, doubled or put in."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        what = draw(st.integers(0, 3))
        if what == 0:
            data[at] = draw(st.integers(0, 255))
        elif what == 1:
            del data[at : at + draw(st.integers(1, 30))]
        elif what == 2:
            data[at:at] = data[at : at + draw(st.integers(1, 60))]
        else:
            data[at:at] = draw(st.binary(max_size=30))
        if not data:
            break
    return bytes(data)


headers = st.lists(
    st.tuples(
        st.sampled_from(
            [b"Content-Length", b"Transfer-Encoding", b"Host", b"X", b"", b" ", b"\xff", b"Cookie"]
        ),
        st.sampled_from([b"0", b"-1", b"99999999999", b"chunked", b"", b"\0", b"5", b"x" * 1500]),
    ),
    max_size=60,
).map(
    lambda pairs: (
        b"POST /api/v1/register HTTP/1.1\r\n"
        + b"".join(b"%s: %s\r\n" % pair for pair in pairs)
        + b"\r\n"
    )
)


@settings(max_examples=5200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=mutated() | st.binary(max_size=200) | headers)
def test_any_frame(reader, data):
    answered(reader.raw(data))


@pytest.mark.parametrize(
    "data",
    [
        b"GET /" + b"a" * 100000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000,
        b"GET / HTTP/1.1\r\nX: " + b"y" * 100000,
        b"PUT /api/v1/config HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000,
        b"\0" * 100000,
    ],
    ids=["line", "headers", "header", "body", "nothing"],
)
def test_what_is_oversized_is_refused_before_it_is_read(reader, data):
    for _ in range(20):
        assert answered(reader.raw(data)) in (400, 413, 414, 431, None)


# --- clients that dawdle --------------------------------------------------------------------


def test_clients_that_never_finish_asking_do_not_keep_others_out(reader):
    dawdlers = []
    try:
        for i in range(39):
            dawdler = socket.create_connection(("127.0.0.1", reader.port), timeout=PATIENCE_S)
            dawdler.sendall(b"GET / HTTP/1.1\r\nX-%d: " % i)
            dawdlers.append(dawdler)
            if i % 3 == 2:
                assert reader.get("/api/v1/status")[0] == 200
        # Left alone, all are shown out in the time that is configured.
        start_ms = uptime_ms(reader)
        for dawdler in dawdlers:
            assert read_all(dawdler) == b""
        assert uptime_ms(reader) - start_ms < SHOWN_OUT_MS
    finally:
        for dawdler in dawdlers:
            dawdler.close()


def test_a_client_that_sends_a_byte_now_and_then_is_shown_out(reader):
    with socket.create_connection(("127.0.0.1", reader.port), timeout=PATIENCE_S) as dawdler:
        start_s = time.monotonic()
        start_ms = uptime_ms(reader)
        try:
            while time.monotonic() - start_s < PATIENCE_S:
                dawdler.sendall(b"G")
                time.sleep(0.5)
            pytest.fail("it may send bytes for ever")
        except ConnectionError:
            pass
        assert uptime_ms(reader) - start_ms < SHOWN_OUT_MS


def test_clients_that_never_read_their_answer_do_not_keep_others_out(reader):
    ignore_answers(reader)

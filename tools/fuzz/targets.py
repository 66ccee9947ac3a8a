"""Which parsers are fuzzed, on which interpreters each runs, and words that lead into it."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"

# Where a target runs besides CPython.
BOTH = ("micropython-unix", "micropython-wasm32")
WITH_ASYNCIO = ("micropython-unix",)
NOWHERE: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """A module of `target/`.

    `parses`: what, for the table. `work`: most lines of Python that an input may take, to
    begin with and for each of its bytes.
    """

    name: str
    parses: str
    also: tuple[str, ...] = BOTH
    words: Callable[[], list[str]] = list
    work: tuple[int, int] = (5_000, 60)


def _find_firmware() -> None:
    for folder in (ROOT / "firmware", ROOT / "host_tests" / "cpython"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def _config_words() -> list[str]:
    _find_firmware()
    config = importlib.import_module("core.config")
    sections = {name.split(".")[0] for name in config.SCHEMA}
    fields = {name.split(".")[1] for name in config.SCHEMA}
    return [json.dumps(word) for word in sorted(sections | fields)] + _JSON


def _tariff_words() -> list[str]:
    _find_firmware()
    tariff = importlib.import_module("core.tariff")
    return [json.dumps(word) for word in tariff.SCHEMA] + _JSON


_JSON = ["null", "true", "false", "{", "}", "[", "]", ":", ",", '"\\ud800"', "1e999", "NaN"]
_HTTP = [
    "GET /",
    "PUT /api/v1/config HTTP/1.1\r\n",
    "POST /api/v1/register HTTP/1.1\r\n",
    "PUT /api/v1/password HTTP/1.1\r\n",
    "/api/v1/history?since=2026-01-31T22:00:00Z",
    "resolution=",
    "since=",
    " HTTP/1.1\r\n",
    "Host: a\r\n",
    "Origin: http://a\r\n",
    "Content-Length: ",
    "Content-Type: application/json\r\n",
    "Authorization: Bearer 12345678\r\n",
    "Authorization: Basic OjEyMzQ1Njc4\r\n",
    "\r\n\r\n",
    "%ff",
    "%41",
    '{"kwh": "101"}',
    '{"meter": {"phases": 1}}',
]

TARGETS = (
    Target("journal", "journal record, in any store"),
    Target("register_record", "register"),
    Target("event_log", "event log"),
    Target("history", "history records, dates of starts, demand", work=(20_000, 200)),
    Target("interval", "interval in progress, and any clock after it", work=(20_000, 200)),
    Target("worth", "meter constants, and months' peaks"),
    Target("outbox", "mark of the outbox", WITH_ASYNCIO),
    Target(
        "config",
        "`config.json`, and changes of it",
        words=_config_words,
        work=(20_000, 200),
    ),
    Target("tariff", "tariff file", words=_tariff_words, work=(10_000, 60)),
    Target(
        "slot", "`slot.json`", words=lambda: ["slot", "confirmed", "attempts", "failed", *_JSON]
    ),
    Target("mqtt_command", "MQTT commands", words=lambda: ["r12.345\n", "aPRESS\n"]),
    Target("kwh", "reading in kWh"),
    Target("http_head", "HTTP head", words=lambda: _HTTP),
    Target(
        "http_request",
        "HTTP request: query, headers, body, through all routes",
        WITH_ASYNCIO,
        lambda: _HTTP,
        (60_000, 200),
    ),
    Target("origin", "`Host` and `Origin`", words=lambda: ["http://", ".local", ".home.arpa", "["]),
    Target("password", "password record, new password, `Authorization`", WITH_ASYNCIO),
    Target("update_name", "file name of an update", WITH_ASYNCIO),
    Target("captive_dns", "DNS question at set-up"),
    Target(
        "capture", "edges as a board prints them", NOWHERE, lambda: ["period ", "e ", "t ", "\n"]
    ),
    Target(
        "trace",
        "trace file, and its replay",
        NOWHERE,
        lambda: ["# omnipower-trace 1 {}\n", "# lower ", "# pcnt ", "# lost "],
        (400_000, 1_000),
    ),
    Target("bench_trace", "trace and truth of the bench", NOWHERE, lambda: ["pulses_us", *_JSON]),
    Target("profile", "load profile in CSV", NOWHERE, lambda: ["minute,power_w\n", "0,3\n"]),
    Target("backup", "backup file", NOWHERE, lambda: ["omnipower-backup", "records", *_JSON]),
    Target("stored_config", "`config.json` in the tools", NOWHERE, _config_words, (20_000, 200)),
)


def by_name(name: str) -> Target:
    """The target of that name; KeyError if there is none."""
    return {target.name: target for target in TARGETS}[name]


def load(name: str) -> Callable[[bytes], None]:
    """A target's function that takes an input."""
    _find_firmware()
    return importlib.import_module(f"tools.fuzz.target.{name}").run

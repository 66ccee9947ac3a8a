"""The direction of imports in firmware/: core <- drivers <- services <- main.

Everything that counts, decides or remembers is tested on a desk because it knows
nothing of the chip. One convenient import would end that, so it is read off the code.
"""

import ast
import re
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
SOURCES = sorted(FIRMWARE.rglob("*.py"))

# ntptime sets the chip's clock.
HARDWARE = {"bluetooth", "esp", "esp32", "machine", "network", "neopixel", "ntptime", "onewire"}
# No time, os or random: a core function gives the same result whenever it is called.
PURE = {
    "array",
    "binascii",
    "collections",
    "deflate",
    "errno",
    "hashlib",
    "heapq",
    "io",
    "json",
    "math",
    "micropython",
    "re",
    "struct",
}
SYSTEM = {"asyncio", "gc", "os", "random", "select", "socket", "ssl", "sys", "time", "tls", "vfs"}

ALLOWED = {
    "core": {"core"} | PURE,
    # Starts any version of the firmware, so it needs nothing of what one brings along.
    "boot_select": {"machine"} | PURE | SYSTEM,
    "drivers": {"boot_select", "core", "drivers"} | PURE | SYSTEM | HARDWARE,
    "services": {"core", "drivers", "services", "microdot", "chumicro_mqtt"} | PURE | SYSTEM,
    "main": {"boot_select", "core", "drivers", "services", "microdot", "chumicro_mqtt"}
    | PURE
    | SYSTEM
    | HARDWARE,
}


def layer_of(path: Path) -> str:
    """Return the folder in firmware/ that a file belongs to, or "main" for main.py."""
    return path.relative_to(FIRMWARE).with_suffix("").parts[0]


def breaches(layer: str, source: str) -> list[str]:
    """Return what a module of this layer imports or does against the rules."""
    if layer not in ALLOWED:
        return [f"{layer} is no layer: the firmware is {', '.join(ALLOWED)}"]
    tree = ast.parse(source)
    found = []
    origins: dict[str, str] = {}  # name in this module -> top-level module it comes from
    for node in ast.walk(tree):
        for name, module in _imported(node):
            origins[name] = module.partition(".")[0]
            if origins[name] not in ALLOWED[layer]:
                found.append(f"line {_line(node)}: {layer} imports {module}")
    for call in _calls(tree.body):
        origin = origins.get(_root(call.func))
        if origin in HARDWARE | {"drivers"}:
            found.append(f"line {call.lineno}: calls into {origin} at import")
    if layer != "main":
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_class_of(node.func, "drivers", origins):
                found.append(f"line {node.lineno}: only main.py builds drivers")
    return found


def _imported(node):
    """Yield (name bound, module) for an import statement, or one by ``on_demand.need``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        wanted = node.args[0] if node.func.attr == "need" else None
        if isinstance(wanted, ast.Constant):
            yield wanted.value, wanted.value
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0], alias.name
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            # A relative import would not say which layer it means.
            yield alias.asname or alias.name, "." * node.level + (node.module or "")


def _calls(nodes):
    """Yield the calls made while these statements run, so not those in function bodies."""
    for node in nodes:
        if isinstance(node, ast.Call):
            yield node
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            # Decorators and default values do run.
            children = [*getattr(node, "decorator_list", ()), node.args]
        yield from _calls(children)


def _root(node):
    """Return the name that an expression such as `machine.Pin.board` starts with."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _is_class_of(node, layer, origins):
    last = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return last[:1].isupper() and not last.isupper() and origins.get(_root(node)) == layer


def _line(node) -> int:
    return getattr(node, "lineno", 0)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(FIRMWARE)))
def test_firmware_keeps_the_direction(path):
    assert breaches(layer_of(path), path.read_text(encoding="utf-8")) == []


def test_what_is_imported_on_demand_is_there():
    wanted = set()
    for path in SOURCES:
        wanted.update(re.findall(r'on_demand\.need\(\s*"([\w.]+)"\)', path.read_text()))
    assert len(wanted) > 8
    for name in wanted:
        assert (FIRMWARE / name.replace(".", "/")).with_suffix(".py").exists(), name


def test_there_is_firmware_to_check():
    assert {"core"} <= {layer_of(path) for path in SOURCES}


BAD = {
    "core imports the chip": ("core", "from machine import Pin"),
    "core imports it inside a function": ("core", "def f():\n    import esp32"),
    "core imports the clock": ("core", "import time"),
    "core imports asyncio": ("core", "import asyncio"),
    "core imports a driver": ("core", "from drivers.pulse_input import PulseInput"),
    "core imports relatively": ("core", "from . import ticks"),
    "a driver imports a service": ("drivers", "import services.mqtt"),
    "a driver imports the web framework": ("drivers", "from microdot import Microdot"),
    "a service imports the chip": ("services", "import network"),
    "a service imports the chip's flash": ("services", "import esp32 as chip"),
    "a service imports main": ("services", "import main"),
    "a service imports main on demand": ("services", 'on_demand.need("main")'),
    "a service builds a driver": (
        "services",
        "from drivers.display import Display\ndef f():\n    return Display()",
    ),
    "a service builds a driver by its module": (
        "services",
        "from drivers import display\ndef f():\n    return display.Display(5)",
    ),
    "a driver touches a pin at import": ("drivers", "from machine import Pin\nled = Pin(2)"),
    "a driver touches a pin in a class body": (
        "drivers",
        "import machine\nclass Led:\n    pin = machine.Pin(2)",
    ),
    "a driver touches a pin in a default value": (
        "drivers",
        "import machine\ndef f(pin=machine.Pin(2)):\n    pass",
    ),
    "main touches the network at import": ("main", "import network\nnetwork.WLAN(0).active(True)"),
    "a folder that is no layer": ("utils", ""),
}


@pytest.mark.parametrize(("layer", "source"), BAD.values(), ids=BAD.keys())
def test_the_check_finds(layer, source):
    assert breaches(layer, source)


GOOD = {
    "a driver uses a pin when built": (
        "drivers",
        "from machine import Pin\nclass Led:\n    def __init__(self, n):\n"
        "        self.pin = Pin(n, Pin.OUT)",
    ),
    "a constant of the chip's": ("drivers", "from machine import Pin\nEDGES = Pin.IRQ_RISING"),
    "main builds drivers in a function": (
        "main",
        "from drivers.led import Led\ndef build():\n    return Led(2)",
    ),
    "core builds on core": ("core", "from core.ticks import Ticks\nclass A:\n    t = Ticks(0)"),
}


@pytest.mark.parametrize(("layer", "source"), GOOD.values(), ids=GOOD.keys())
def test_the_check_accepts(layer, source):
    assert breaches(layer, source) == []

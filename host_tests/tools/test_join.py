"""Modules that stay in memory as one file: what is called what, and what cannot be told."""

import ast
import json
import math
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tools import compile as compiler
from tools.join import joined

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).parent / "micropython"


def join(outside=(), **sources):
    """Join sources given by dotted name, with two underscores for the dot; the root is `main`."""
    files = {
        name.replace("__", "/") + ".py": textwrap.dedent(text) for name, text in sources.items()
    }
    return joined(files, [textwrap.dedent(text) for text in outside])


def run(outcome, name="main.py"):
    """Run a joined text under CPython, and return its globals."""
    found = {"__name__": "main", "const": lambda number: number}
    exec(compile(outcome.texts[name], name, "exec"), found)
    return found


def test_modules_follow_each_other_in_the_order_in_which_they_would_run():
    outcome = join(
        main="from services.web import serve\nfrom core.energy import kwh\nx = serve() + kwh(1)\n",
        services__web="from core.energy import kwh\ndef serve():\n    return kwh(2)\n",
        core__energy="def kwh(wh):\n    return wh * 1000\n",
    )
    assert list(outcome.texts) == ["main.py"]
    assert outcome.texts["main.py"] == (
        "def _kwh(wh):\n    return wh * 1000\n"
        "\ndef _serve():\n    return _kwh(2)\n"
        "\n\nx = _serve() + _kwh(1)\n"
    )
    assert run(outcome)["x"] == 3000


def test_every_line_is_known_by_its_file():
    outcome = join(
        main="from core.a import f\n\nf()\n", core__a='"""What it is."""\n\ndef f():\n    pass'
    )
    assert outcome.lines == [
        *[("core/a.py", number) for number in (1, 2, 3, 4)],
        *[("main.py", number) for number in (1, 2, 3)],
    ]
    assert len(outcome.lines) == outcome.texts["main.py"].count("\n")


def test_two_modules_may_have_the_same_names():
    outcome = join(
        main="from core import a, b\nfrom core.b import f as g\nx = [a.f(), b.f(), g(), a.NAME]\n",
        core__a="NAME = 'a'\n_kept = []\ndef f():\n    return NAME, _kept\n",
        core__b="NAME = 'b'\n_kept = {}\n"
        "def f():\n    global _kept\n    _kept = NAME\n    return _kept\n",
    )
    assert run(outcome)["x"] == [("a", []), "b", "b", "a"]


def test_what_is_imported_from_a_module_that_imported_it_is_the_same():
    outcome = join(
        main="from core.b import f\nfrom core import b\nx = f() + b.f()\n",
        core__a="def f():\n    return 1\n",
        core__b="from core.a import f\n",
    )
    assert run(outcome)["x"] == 2
    assert outcome.texts["main.py"].count("def _f") == 1


LOCALS = """
from core.a import size, name as label
from core import a
def parameter(size):
    return size
def variable():
    size = 4
    def inner():
        nonlocal size
        size += 1
        return size
    return inner()
def outer():
    return size + a.size
def default(size=size):
    return size
def row():
    return [size for size in (7,)] + [size]
def hidden():
    _size = 9
    label_ = label
    name = 1
    return _size, label_, size
class Shape:
    size = 5
    def area(self):
        return size * self.size
    @staticmethod
    def name():
        return label
def passed():
    return parameter(size=6)
def caught():
    try:
        raise ValueError
    except ValueError as size:
        return type(size)
x = [
    parameter(1), variable(), outer(), default(), row(), hidden(),
    Shape().area(), Shape.name(), passed(), (lambda size: size)(8), (lambda: size)(),
]
"""


@pytest.mark.parametrize("size", ["2", "int('2')"])
def test_local_variables_hide_what_they_hid(size, tmp_path):
    outcome = join(main=LOCALS, core__a=f"size = {size}\nname = 'a'\n")
    expected = [1, 5, 4, 2, [7, 2], (9, "a", 2), 10, "a", 6, 8, 2]
    assert run(outcome)["x"] == expected
    # To MicroPython's compiler a constant is one wherever its name stands.
    script = tmp_path / "joined.py"
    script.write_text(compiler.prepared(outcome.texts["main.py"]) + "print(x)\n")
    ended = subprocess.run([MICROPYTHON, script], capture_output=True, text=True, timeout=20)
    assert ended.stdout == f"{expected}\n", ended.stderr


def test_a_name_of_another_module_does_not_hide_a_builtin():
    outcome = join(
        main="from core import a\nx = [open, a.open(), str(1)]\n",
        core__a="def open():\n    return 1\nstr = None\n",
    )
    assert run(outcome)["x"] == [open, 1, "1"]


def test_names_from_outside_are_imported_once_under_one_name():
    outcome = join(
        main="import json\nfrom time import sleep as pause\nfrom core import a\n"
        "x = json, pause, a.f()\n",
        core__a="import json\nimport math as json_\nfrom time import sleep\n"
        "def f():\n    return json.dumps(1), json_.pi, sleep\n",
        core__unused="json = 1\n",
    )
    text = outcome.texts["main.py"]
    for words in ("import json", "import math", "import sleep"):
        assert text.count(words) == 1
    assert run(outcome)["x"] == (json, time.sleep, ("1", math.pi, time.sleep))


def test_one_name_for_two_things_from_outside():
    outcome = join(
        main="from os import path\nfrom core import a\nx = path, a.f()\n",
        core__a="from sys import path\ndef f():\n    return path\n",
    )
    assert run(outcome)["x"] == (os.path, sys.path)


def test_a_module_asked_for_when_needed_stays_a_file_and_finds_what_was_joined():
    outcome = join(
        main="from services import on_demand\nfrom core import energy\n"
        "x = on_demand.need('core.tariff')\n",
        services__on_demand="def need(name):\n    return name\n",
        core__energy="MAX = 3 * 1000\n_pause = 1\nNAME = 'wh'\ndef kwh(wh):\n    return wh\n",
        core__tariff="from core.energy import (\n    MAX as MOST,\n    kwh,\n)\n"
        "from core import energy, day\n"
        "from services import on_demand\n\n"
        "def cost():\n    return kwh(MOST), energy.NAME, day.LONG, on_demand.need('x')\n",
        core__day="LONG = 24\n",
    )
    assert set(outcome.texts) == {"main.py", "core/tariff.py", "core/day.py"}
    assert outcome.texts["core/tariff.py"] == (
        "from main import kwh; _MAX = const(3000)\n\n\n\n"
        "from core import day; from main import NAME\n"
        "from main import need\n\n"
        "def cost():\n    return kwh(_MAX), NAME, day.LONG, need('x')\n"
    )
    found = run(outcome)
    assert found["kwh"](1) == 1
    # A constant to all is in no dict, once the compiler has it.
    assert compiler.prepared(outcome.texts["main.py"]).count("const(3 * 1000)") == 1


def test_an_import_within_a_function_stays_where_it_is():
    outcome = join(
        main="from core import energy\ndef f():\n    from core.late import g\n    return g\n"
        "def h():\n    from core.energy import kwh as k\n    return k\n",
        core__energy="def kwh():\n    pass\n",
        core__late="def g():\n    from core.energy import kwh\n    return kwh\n",
    )
    text = outcome.texts["main.py"]
    assert "from core.late import g" in text
    assert "from main import kwh as k" in text
    assert "from main import kwh as kwh" in outcome.texts["core/late.py"]


def test_who_calls_from_outside_finds_the_names_it_knows():
    outcome = join(
        outside=["from core import a\nfrom core.b import Meter, BEAT_MS\nMeter(a.f(), BEAT_MS)\n"],
        main="from core import a, b\nx = a.f(), b.f()\n",
        core__a="def f():\n    return 1\n",
        core__b="BEAT_MS = 47\nclass Meter:\n    pass\ndef f():\n    return 2\n",
    )
    assert outcome.outside == [
        "from main import f\nfrom main import Meter, BEAT_MS\nMeter(f(), BEAT_MS)\n"
    ]
    found = run(outcome)
    assert found["x"] == (1, 2)
    assert found["BEAT_MS"] == 47
    assert "BEAT_MS = 47" in compiler.prepared(outcome.texts["main.py"])


def test_a_class_that_messages_show_is_called_as_it_was():
    outcome = join(
        main="from core.a import BadHead\nx = BadHead\n",
        core__a="class BadHead(Exception):\n    pass\n",
    )
    assert run(outcome)["x"].__name__ == "BadHead"


@pytest.mark.parametrize(
    ("words", "sources"),
    [
        (
            "core/a.py: imports itself: main > core.a > core.b > core.a",
            {
                "main": "from core import a",
                "core__a": "from core import b",
                "core__b": "from core import a",
            },
        ),
        (
            "main.py:2: a module is used other than as module.name",
            {"main": "from core import a\nx = a", "core__a": ""},
        ),
        (
            "main.py:2: a module is used other than as module.name",
            {"main": "from core import a\na.size = 1", "core__a": "size = 2"},
        ),
        ("core.a has no size", {"main": "from core.a import size", "core__a": ""}),
        (
            "core/a.py: core.a is imported at the start, and asked for by its name",
            {"main": "from core import a\nneed('core.a')", "core__a": ""},
        ),
        ("main.py:1: accepted: from package", {"main": "from core.a import *", "core__a": ""}),
        ("main.py:1: imports a package", {"main": "import core.a", "core__a": ""}),
        (
            "core/a.py:1: asks which file it is in",
            {"main": "from core import a", "core__a": "x = __name__"},
        ),
        (
            "core/a.py: size is both a class's and the module's",
            {"main": "from core import a", "core__a": "size = 1\nclass A:\n    size = size\n"},
        ),
        (
            "main.py:1: a is something else as well",
            {"main": "from core import a\na = a.f()", "core__a": "def f(): pass"},
        ),
        (
            "main.py:3: accepted in a function: from package.module import name",
            {"main": "from core.a import f\ndef g():\n    from core import a", "core__a": "f = 1"},
        ),
    ],
)
def test_what_cannot_be_told_is_refused_and_told_where(words, sources):
    with pytest.raises(ValueError) as refused:
        join(**sources)
    assert words in str(refused.value)


def test_two_callers_cannot_have_one_name_for_two_things():
    with pytest.raises(ValueError, match="must keep its name"):
        join(
            outside=["from core.a import f", "from core.b import f"],
            main="from core import a, b",
            core__a="def f(): pass",
            core__b="def f(): pass",
        )


@pytest.fixture(scope="module")
def firmware():
    """The firmware's own texts, joined."""
    sources = {name: path.read_text() for name, path in compiler.sources().items()}
    del sources["boot_select.py"]
    return sources, joined(sources, [path.read_text() for path in compiler.CALLERS])


def test_every_line_of_the_firmware_can_be_found_again(firmware):
    sources, outcome = firmware
    text = outcome.texts["main.py"].splitlines()
    assert len(text) == len(outcome.lines)
    for new, (file, number) in zip(text, outcome.lines, strict=True):
        old = sources[file].splitlines()[number - 1]
        if "import" not in new and new:
            assert len(new) - len(new.lstrip()) == len(old) - len(old.lstrip()), (file, number)
    assert compiler.lines() == outcome.lines


def test_what_is_asked_for_when_needed_is_a_file_of_its_own(firmware):
    sources, outcome = firmware
    gone = set(sources) - set(outcome.texts)
    assert {"core/meter.py", "services/web.py", "services/on_demand.py"} <= gone
    asked = {
        node.args[0].value.replace(".", "/") + ".py"
        for text in sources.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "need"
        and isinstance(node.args[0], ast.Constant)
    }
    assert len(asked) > 5
    assert asked <= set(outcome.texts)
    # Those whose names are made up.
    web = (ROOT / "firmware" / "services" / "web.py").read_text()
    routes = web.partition('ROUTES = """')[2].partition('"""')[0].split("\n")
    modules = {row.split(" ")[1] for row in routes if row}
    assert {f"services/web_{module}.py" for module in modules} <= set(outcome.texts)


def test_the_firmware_imports_nothing_that_was_joined(firmware):
    sources, outcome = firmware
    gone = {
        name.removesuffix(".py").replace("/", ".") for name in set(sources) - set(outcome.texts)
    }
    for name, text in outcome.texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in gone, name
                within = {f"{node.module}.{alias.name}" for alias in node.names}
                assert not within & gone, name

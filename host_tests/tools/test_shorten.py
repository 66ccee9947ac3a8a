"""Shorter names: what gets them, what keeps its own, and that the firmware works the same."""

import ast
import re
import textwrap
from pathlib import Path

import pytest
from portable_runner import RECORD

import interpreters
from tools import compile as compiler
from tools.shorten import shortened

ROOT = Path(__file__).parents[2]
CORE_TESTS = ROOT / "host_tests" / "core"


def short(source, **others):
    """Return a module with shorter names; `others` run together with it."""
    texts = {name: textwrap.dedent(text) for name, text in others.items()}
    return shortened({"module": textwrap.dedent(source), **texts})["module"]


def kept(source, *names, **others):
    """Assert that a module still holds the names."""
    text = short(source, **others)
    found = {word for word in names if word in text}
    assert found == set(names), text
    return text


def test_private_attributes_and_methods_share_few_names():
    source = """
    class First:
        def __init__(self):
            self._count = 0

        def add(self):
            self._count += self._step()

        def _step(self):
            return 1

    class Second:
        _size = 4

        def get(self):
            return lambda: self._size
    """
    assert short(source) == textwrap.dedent("""
    class First:
        def __init__(_a):
            _a._a = 0

        def add(_a):
            _a._a += _a._b()

        def _b(_a):
            return 1

    class Second:
        _a = 4

        def get(_a):
            return lambda: _a._a
    """)


def test_private_functions_classes_and_variables_of_a_module():
    source = """
    _table = {}
    class _Entry:
        pass
    def _look(key):
        global _table
        _table = {key: _Entry()}
        return _table
    def look():
        return _look(1)
    """
    assert short(source) == textwrap.dedent("""
    _a = {}
    class _b:
        pass
    def _c(_c):
        global _a
        _a = {_c: _b()}
        return _a
    def look():
        return _c(1)
    """)


def test_a_parameter_has_no_name_that_its_function_uses():
    source = """
    def outer(number, step=1):
        def inner(other):
            return number + other + _a
        return inner
    _table = []
    def use(key):
        return [key for _ in _table]
    """
    text = short(source, other="_a = _b = 1")
    # `_a` and `_b` are in use already.
    assert "def outer(_c, _d=1):" in text
    assert "def inner(_e):" in text or "def inner(_d):" in text
    assert "return _c + _e + _a" in text or "return _c + _d + _a" in text
    assert "return [_d for _ in _c]" in text


def test_a_default_is_not_the_parameter_of_the_same_name():
    assert short("size = 8\ndef f(size=size):\n    return size\n") == (
        "size = 8\ndef f(_a=size):\n    return _a\n"
    )


@pytest.mark.parametrize(
    ("parameter", "source"),
    [
        ("passed", "def f(passed): return passed\nf(passed=1)"),
        ("named", "def f(*, named): return named"),
        ("key", "def f(key): return key\noptions = {'key': 1}\nf(**options)"),
        ("day", "def f(request, day): return day\nroute = '/api/<int:day>'"),
        ("item", "def f(item): return [item for item in (1, 2)] + [item]"),
        (
            "taken",
            "def f(taken):\n    def g():\n        nonlocal taken\n        taken = 1\n    g()",
        ),
        ("inner", "def f(inner):\n    return lambda inner: inner"),
        (
            "error",
            "def f(error):\n    try:\n        pass\n    except OSError as error:\n        pass",
        ),
        ("time", "def f(time):\n    import time\n    return time"),
        ("shown", "def f(shown):\n    return f'{shown}'"),
        ("walrus", "def f(walrus):\n    return (walrus := 2)"),
    ],
)
def test_what_parameters_keep_their_name(parameter, source):
    kept(source, parameter)


def test_a_keyword_in_another_module_keeps_a_parameters_name():
    kept("def f(passed): return passed", "passed", other="import module\nmodule.f(passed=2)")
    kept("def f(passed): return passed", "passed", other="def g(**all): f(**all)\ng(passed=2)")


CLASS = """
class Counter:
    def __init__(self):
        self._count = 0
"""


@pytest.mark.parametrize(
    "reached",
    [
        "getattr(counter, '_count')",
        "def f(counter, what): return getattr(counter, '_' + what)",
        "setattr(counter, '_count', 1)",
        "text = '{0._count}'.format(counter)",
        "text = f'{counter._count}'",
        "counter._count = 1",
        "class Other:\n    def f(self, other): return other._count",
        "class Other:\n    def f(self): return self.counter._count",
        "class Other:\n    @staticmethod\n    def f(self): return self._count",
        "class Other:\n    def f(self, counter):\n        self = counter\n        self._count = 1",
        "from module import _count",
        # Its base may be a Counter under another name.
        "class Other(bases.Counter):\n    def f(self): return self._count",
    ],
)
def test_attributes_that_are_reached_in_another_way_keep_their_name(reached):
    kept(CLASS + reached, "._count = 0")
    kept(CLASS, "._count = 0", other=reached)


def test_what_calls_from_outside_keeps_names():
    module = {"module": CLASS + "def f(key): return key"}
    assert "_count" in shortened(module, ["print(Counter()._count)"])["module"]
    assert "_count" not in shortened(module, ["print(Counter())"])["module"]
    assert "f(key)" in shortened(module, ["f(key=1)"])["module"]
    assert "f(key)" not in shortened(module, ["f(1)"])["module"]


def test_classes_that_inherit_from_each_other_name_an_attribute_alike():
    base = """
    class Base:
        def __init__(self):
            self._first = self._second = 0
    """
    derived = """
    from base import Base
    class Derived(Base):
        def f(self):
            self._third = 1
            return self._second
    """
    text = shortened({"base": textwrap.dedent(base), "derived": textwrap.dedent(derived)})
    assert "_a._a = _a._b = 0" in text["base"]
    assert "_a._c = 1" in text["derived"]
    assert "return _a._b" in text["derived"]


def test_a_class_s_own_names_do_not_hide_those_of_its_module():
    source = """
    def _make():
        return 1
    class A:
        _size = _make()
        _more = _make()
        def f(self):
            return self._size + self._more
    """
    namespace = {}
    exec(short(source), namespace)
    assert namespace["A"]().f() == 2
    assert "_size" not in short(source)


def test_names_of_modules_that_another_asks_for_stay():
    kept("def _look(): pass", "_look", other="import module\nmodule._look()")
    kept("def _look(): pass", "_look", other="from module import _look")
    kept("def _look(): pass\nnames = ['_look']", "_look")
    kept("_look = 1\ndef f():\n    _look = 2\n    return _look", "_look")
    # The compiler has constants in its own way, and of exceptions a message tells the class.
    kept("_SIZE = const(8)\nclass _Wrong(ValueError): pass", "_SIZE", "_Wrong")


@pytest.mark.parametrize(
    "anything",
    [
        "def f(name): return getattr(f, name)",
        "eval('f')",
        "globals()['f']",
        "class A:\n    def f(self): return self.__dict__",
    ],
)
def test_what_may_reach_any_name_is_refused_and_told_where(anything):
    with pytest.raises(ValueError, match=r"module:\d: may reach any name"):
        shortened({"module": anything})


def test_text_that_is_not_ascii_stays_whole():
    assert short("def f(ångström, näst):\n    return 'åäö', näst\n") == (
        "def f(_a, _b):\n    return 'åäö', _b\n"
    )


@pytest.fixture(scope="module")
def texts():
    """Every file of the firmware by itself, before it is joined with others."""
    prepared = {
        name: compiler.prepared(path.read_text()) for name, path in compiler.sources().items()
    }
    chooser = {"boot_select.py": prepared.pop("boot_select.py")}
    outside = [path.read_text() for path in compiler.CALLERS]
    return {**shortened(prepared, outside), **chooser}


def test_every_line_of_the_firmware_stays_where_it_is(texts):
    for name, path in compiler.sources().items():
        before, after = path.read_text().split("\n"), texts[name].split("\n")
        assert len(after) == len(before), name
        for old, new in zip(before, after, strict=True):
            assert len(new) - len(new.lstrip()) == len(old) - len(old.lstrip()), (name, old, new)


def test_the_chooser_keeps_its_names_for_every_version_calls_it():
    path = compiler.sources()["boot_select.py"]
    assert compiler.texts()["boot_select.py"] == compiler.prepared(path.read_text())


def test_what_the_firmware_offers_to_others_stays(texts):
    for name, path in compiler.sources().items():
        assert _public(texts[name]) == _public(path.read_text()), name


def _public(text):
    """Return what a module defines and reaches without an underscore, in order."""
    named = [
        node.attr if isinstance(node, ast.Attribute) else node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Attribute)
    ]
    return [name for name in named if not name.startswith("_")]


@pytest.fixture(scope="module")
def byte_code(tmp_path_factory):
    """A folder of core/ as it is deployed, save names that its tests themselves ask for."""
    outside = [path.read_text() for path in sorted(CORE_TESTS.glob("*.py"))]
    application = {
        name: compiler.prepared(path.read_text()) for name, path in compiler.sources().items()
    }
    folder = tmp_path_factory.mktemp("short")
    for name, text in compiler.lean(application, outside).items():
        if name.startswith("core/"):
            output = (folder / name).with_suffix(".mpy")
            output.parent.mkdir(exist_ok=True)
            result = compiler.compiled(text, name, output)
            assert result.returncode == 0, result.stderr
    return folder


@pytest.mark.parametrize("module", ["energy", "interval", "power", "pulse_filter", "supply"])
def test_core_under_short_names_passes_its_own_tests(module, byte_code, monkeypatch):
    file = CORE_TESTS / f"test_{module}.py"
    source = ast.parse(file.read_text())
    functions = [node.name for node in source.body if isinstance(node, ast.FunctionDef)]
    names = [name for name in functions if name.startswith("test_")]
    # The sources are out of reach, so that nothing but the byte code can be imported.
    monkeypatch.setattr(interpreters, "search_path", lambda *_: [byte_code, CORE_TESTS])
    ending = interpreters.UNIX.run(ROOT, file, names, 60)
    passed = [name for name in names if f"{RECORD}passed {name} " in ending.output]
    assert passed == names, ending.output


def test_a_name_made_up_from_a_known_start_holds_only_names_that_begin_so():
    source = """
        class Pages:
            def __init__(self):
                self._on_show = 1
                self._show_on = 2
            def find(self, method, name):
                return getattr(self, "_on_" + method + "_" + name)
    """
    text = short(source)
    assert "_on_show" in text
    assert "_show_on" not in text


def test_private_names_of_the_firmware_are_short():
    """One expression that may reach any name would keep them all, and nobody would see it."""
    reached = [
        node.attr
        for node in ast.walk(ast.parse(compiler.texts()["main.py"]))
        if isinstance(node, ast.Attribute)
    ]
    kept = {name for name in reached if re.match("_[a-z]", name) and len(name) > 3}
    assert len(reached) > 1000
    # Those that MicroPython has as well.
    assert len(kept) < 12, kept

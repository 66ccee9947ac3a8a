"""Names reused: what gets one that is there anyway, what keeps its own, and that it works."""

import ast
import textwrap

import pytest

from tools import compile as compiler
from tools.reuse import reused
from tools.typings import api_names


def reuse(source, *outside, known=(), **others):
    """Return a module with fewer names; `others` run together with it."""
    texts = {name: textwrap.dedent(text) for name, text in others.items()}
    texts = {"main.py": textwrap.dedent(source), **texts}
    return reused(texts, [textwrap.dedent(text) for text in outside], known)


SPOON = """
    class Spoon:
        def __init__(self, length):
            self.breadth = length
        def spread(self):
            return self.breadth

    def serve(spoon):
        return {"sugar": spoon.spread(), "milk": spoon.breadth}
"""


def run(text):
    space = {}
    exec(text, space)
    return space


def test_attributes_get_the_names_of_texts_wherever_they_are_reached():
    text = reuse(SPOON)["main.py"]
    assert "breadth" not in text
    assert "spread" not in text
    assert run(text)["serve"](run(text)["Spoon"](3)) == {"sugar": 3, "milk": 3}


def test_another_module_reaches_them_under_the_same_name():
    other = "def f(spoon):\n    return spoon.breadth\n"
    texts = reuse(SPOON, "from other import f", other=other)
    assert "breadth" not in texts["other"]
    assert run(texts["other"])["f"](run(texts["main.py"])["Spoon"](3)) == 3


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("def f(spoon): return getattr(spoon, 'breadth')", "asked for by a text"),
        ("FORMAT = '{0.breadth} cm'", "in a format"),
        ("class Fork:\n        breadth = 3\n        half = breadth / 2", "in a class's scope"),
    ],
)
def test_what_a_text_or_a_class_names_stays(more, why):
    assert "self.breadth" in reuse(f"{SPOON}\n    {more}\n")["main.py"], why


def test_what_others_or_the_interpreter_ask_for_stays():
    assert "self.breadth" in reuse(SPOON, "print(spoon.breadth)")["main.py"]
    assert "self.breadth" in reuse(SPOON, known={"breadth"})["main.py"]


def test_what_a_module_offers_under_the_name_of_an_attribute_stays():
    texts = reuse(SPOON + "\n    def f():\n        return need(1).breadth\n", a="breadth = 3\n")
    assert "breadth = 3" in texts["a"]
    assert "need(1).breadth" in texts["main.py"]


def test_what_no_class_here_defines_stays():
    source = 'def f(pin):\n    pin.voltage = 3\n    return {"sugar": pin.voltage}\n'
    assert reuse(source)["main.py"] == source


def test_a_text_that_is_an_attribute_already_gives_its_name_to_no_other():
    source = SPOON.replace('"sugar"', '"serve_it"').replace('"milk"', '"no name"')
    text = reuse(source + "\n    def g(cup):\n        return cup.serve_it\n")["main.py"]
    assert "self.breadth" in text


def test_a_global_gets_the_name_of_an_attribute():
    source = """
        _LIMIT = [1]
        def _within(cup):
            return cup.level < _LIMIT[0] + cup.handle
        def f(cup):
            return _within(cup)
    """
    text = reuse(source)["main.py"]
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert names == {"level", "handle", "cup"}
    assert "_within" not in text

    class Cup:
        level = 2
        handle = 3

    assert run(text)["f"](Cup) is True


def test_a_global_gets_no_name_that_means_a_variable():
    source = """
        _LIMIT = [1]
        def f(cup, level):
            handle = level
            return [_LIMIT, cup.level, cup.handle, handle]
    """
    assert "_LIMIT" in reuse(source)["main.py"]


def test_public_names_of_the_root_stay_and_those_of_others_only_if_asked_for():
    source = "def serve(cup):\n    return pour(cup.level)\ndef pour(level):\n    return level\n"
    assert reuse(source)["main.py"] == source
    source = source.replace("pour(level)", "pour(depth)").replace("return level", "return depth")
    texts = reused({"a.py": source, "main.py": "from a import serve\n"}, [], [])
    assert "def serve" in texts["a.py"]
    assert "pour" not in texts["a.py"]


def test_a_global_statement_follows():
    source = """
        _count = 0
        def f(cup):
            global _count
            _count += cup.sugar
            return _count
    """
    text = reuse(source)["main.py"]
    assert "_count" not in text

    class Cup:
        sugar = 2

    assert run(text)["f"](Cup) == 2


def test_every_line_of_the_firmware_stays_where_it_is():
    texts = compiler.texts()
    assert texts["main.py"].count("\n") == len(compiler.lines())
    for name, path in compiler.sources().items():
        if name in texts and name != "main.py":
            assert texts[name].count("\n") == path.read_text().count("\n"), name


def test_names_of_micropython_are_known():
    # Of a module, a class, a method, and what a stream is asked for.
    assert {"ticks_us", "Pin", "get_blob", "ioctl", "readinto", "sleep_ms"} <= api_names()

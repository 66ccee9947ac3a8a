"""What is left of the libraries on the board: only what is called, and all of that."""

import ast
import builtins
import re
from pathlib import Path

import pytest

from tools import vendor

ROOT = Path(__file__).parents[2]

MODULE = '''\
import io
from parts import left, right

KEPT = 1
GONE = 2


@decorated
def gone():
    return GONE


class Thing:
    """Says what it is."""

    size = 3

    @property
    def here(self):
        return left

    @staticmethod
    def away():
        return right
'''


def test_what_is_named_is_left_out_and_nothing_else():
    names = ["io", "right", "GONE", "gone", "Thing.size", "Thing.away"]
    left = vendor.without(MODULE, names)
    tree = ast.parse(left)
    assert [type(node).__name__ for node in tree.body] == ["ImportFrom", "Assign", "ClassDef"]
    assert "from parts import left\n" in left
    assert "decorated" not in left
    assert "staticmethod" not in left
    assert "def here(self):\n        return left\n" in left


def test_nothing_named_changes_nothing():
    assert vendor.without(MODULE, []) == MODULE


def test_a_name_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match=r"left out: Thing.shape"):
        vendor.without(MODULE, ["gone", "Thing.shape"])


INNER = """\
SIZE = const(3)
_SHAPE = const(4)
LIST = [SIZE]


def area(size):
    return size * SIZE
"""
OUTER = """\
import time
from inner import (
    SIZE,
    area,
)


def volume():
    return area(SIZE) * SIZE
"""


def test_a_module_goes_into_the_one_that_needs_it_and_its_numbers_lose_their_names():
    text = vendor.merged(INNER, "inner", OUTER)
    assert "inner" not in text
    assert "SIZE = const(3)" not in re.sub(r"_SIZE", "", text)
    space = {"const": lambda number: number}
    exec(text, space)
    assert space["volume"]() == 27
    assert space["LIST"] == [3]
    assert {"_SIZE", "_SHAPE", "time"} < set(space)


def test_what_both_have_is_an_error():
    with pytest.raises(ValueError, match="in both: area"):
        vendor.merged(INNER, "inner", OUTER + "\n\ndef area():\n    pass\n")


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("lib")
    vendor.main(target)
    return target


def test_no_module_uses_a_global_that_was_left_out(library):
    for path in library.rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        defined = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined.add(node.name)
            if isinstance(node, ast.Import | ast.ImportFrom):
                defined.update(alias.asname or alias.name for alias in node.names)
            if isinstance(node, ast.arg):
                defined.add(node.arg)
            if isinstance(node, ast.ExceptHandler) and node.name:
                defined.add(node.name)
        used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        assert used - defined - set(dir(builtins)) == set(), path


def left_out() -> set[str]:
    every = " ".join(vendor.LEFT_OUT.values()).split()
    return {name.rpartition(".")[2] for name in every if "." in name}


# A set's and a dict's, and the attribute of a request.
OTHERS = {"update", "get", "route"}


def replaced() -> set[str]:
    """Methods that the firmware's own subclass of microdot's brings instead, or sets."""
    tree = ast.parse((ROOT / "firmware" / "services" / "web.py").read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = [node for cls in classes for node in cls.body if isinstance(node, ast.FunctionDef)]
    return {method.name for method in methods}


def test_no_library_uses_a_method_that_was_left_out(library):
    for path in library.rglob("*.py"):
        tree = ast.parse(path.read_text())
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert used & left_out() - OTHERS - replaced() == set(), path


def test_the_firmware_asks_no_library_object_for_what_was_left_out():
    objects = ("app", "request", "response", "Request", "Response", "self._client", "self._app")
    for path in (Path(__file__).parents[2] / "firmware").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in objects:
                assert node.attr not in left_out(), f"{path}:{node.lineno} {ast.unparse(node)}"

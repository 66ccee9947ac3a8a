"""Texts that share one: which do, and that each is the same when it is looked at."""

import ast
import textwrap

import pytest

from tools import compile as compiler
from tools.shared_text import shared

NAMES = ["one", "two", "three"]


def share(source, names=NAMES):
    return shared(textwrap.dedent(source), list(names))


def result(text, *arguments):
    space = {}
    exec(text, space)
    return space["f"](*arguments)


def test_texts_in_functions_are_slices_of_one():
    source = '''
        """What this is for, at some length."""
        def f(value):
            """More of that."""
            if value < 0:
                return "a value below nought: {}".format(value)
            return ["somewhat longer", "a value below nought: {}", "short", "åäö" * 2]
    '''
    text = share(source)
    assert result(text, -1) == "a value below nought: -1"
    assert result(text, 1) == ["somewhat longer", "a value below nought: {}", "short", "åäöåäö"]
    assert text.count("below nought") == 1
    assert text.count("\n") == textwrap.dedent(source).count("\n")


def test_one_that_spans_lines_leaves_the_lines_after_it_where_they_are():
    source = """
        def f(value):
            raise ValueError(
                "the first half of it, and "
                "the other half of it"
            )
    """
    text = share(source)
    with pytest.raises(ValueError, match=r"^the first half of it, and the other half of it$"):
        result(text, 1)
    assert text.count("\n") == textwrap.dedent(source).count("\n")


@pytest.mark.parametrize(
    "source",
    [
        "TEXT = 'outside of a function'\n",
        "class A:\n    text = 'outside of a function'\n",
        "\ndef f(text='outside of a function'):\n    return text\n",
        "\ndef f():\n    return 'short'\n",
        "\ndef f():\n    return b'bytes of some length'\n",
        "\ndef f(value):\n    return f'positions of {value} are not known'\n",
        # MicroPython has it as a name.
        "\ndef f(a_name_of_some_length):\n    return 'a_name_of_some_length'\n",
        # Nothing can stand before it in its line.
        "def f():\n    return 'a text of some length'\n",
    ],
)
def test_what_stays(source):
    assert share(source) == source


def test_none_is_longer_than_a_slice_is_quickly_found_in():
    texts = [f"text number {k:03d} of many" for k in range(100)]
    text = share(f"\ndef f():\n    return {texts}\n")
    assert result(text) == texts
    wholes = [
        node.value.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    ]
    assert len(wholes) == 3
    assert max(map(len, wholes)) <= 1000


def test_where_there_are_no_more_names_the_rest_stays():
    texts = [f"text number {k:03d} of many" for k in range(100)]
    for names in ([], ["one"]):
        text = share(f"\ndef f():\n    return {texts}\n", names)
        assert result(text) == texts
        assert "text number 099 of many'" in text


def test_few_texts_of_the_firmware_s_functions_are_objects_for_good():
    tree = ast.parse(compiler.texts()["main.py"])
    idle = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    long = {
        node.value
        for function in functions
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and id(node) not in idle
        if isinstance(node.value, str) and len(node.value) > 10
    }
    assert len(functions) > 300
    # Names elsewhere, so none is an object.
    assert all(text.isidentifier() for text in long), long

"""What the compiler for the board is given: private whole numbers as constants, lines in place."""

import zlib

import pytest

from tools import compile as compiler


@pytest.mark.parametrize(
    ("line", "as_given"),
    [
        ("_SIZE = 8", "_SIZE = const(8)"),
        ("_PAUSE_MS = 60 * 1000  # a minute", "_PAUSE_MS = const(60 * 1000)  # a minute"),
        ("_BELOW = -1", "_BELOW = const(-1)"),
        # Other modules may ask for it.
        ("SIZE = 8", "SIZE = 8"),
        ("_RATIO = 1 / 2", "_RATIO = 1 / 2"),
        ("_NAME = 'eight'", "_NAME = 'eight'"),
        ("_TRUE = True", "_TRUE = True"),
        ("_OTHER = SIZE + 1", "_OTHER = SIZE + 1"),
        ("__version__ = 3", "__version__ = 3"),
        ("_SUM = (\n    1 + 2\n)", "_SUM = (\n    const(1 + 2)\n)"),
        ("class A:\n    _SIZE = 8", "class A:\n    _SIZE = 8"),
    ],
)
def test_private_whole_numbers_become_constants(line, as_given):
    assert compiler.prepared(line + "\n") == as_given + "\n"


def test_one_may_follow_from_another():
    source = "_SIZE = 8\n_ALL = 4 * _SIZE\n_MORE = 4 * _other\n"
    assert compiler.prepared(source) == (
        "_SIZE = const(8)\n_ALL = const(4 * _SIZE)\n_MORE = 4 * _other\n"
    )


@pytest.mark.parametrize("more", ["_SIZE = 9", "def f():\n    global _SIZE\n    _SIZE += 1"])
def test_what_is_set_again_is_no_constant(more):
    source = "_SIZE = 8\n" + more + "\n"
    assert compiler.prepared(source) == source


def test_every_file_keeps_its_lines():
    for folder in compiler.SOURCES:
        for path in folder.rglob("*.py"):
            source = path.read_text()
            assert compiler.prepared(source).count("\n") == source.count("\n"), path


def test_byte_code_for_the_board_gets_by_with_the_constant(tmp_path):
    output = tmp_path / "size.mpy"
    text = compiler.prepared("_SIZE = 8\n\n\ndef size():\n    return _SIZE\n")
    assert compiler.compiled(text, "size.py", output).returncode == 0
    # Neither in a string of the file nor in its dict.
    assert b"_SIZE" not in output.read_bytes()
    assert zlib.decompress(compiler.packed(output.read_bytes())) == output.read_bytes()
    assert "SyntaxError" in compiler.compiled("def size(:\n", "size.py", output).stderr

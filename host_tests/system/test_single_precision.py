"""The energy register on a MicroPython with the ESP32's narrow numbers: the real thing.

The interpreters of the other tests compute floats in double precision, so a float that
sneaks into the register would go unnoticed there. Debian has a MicroPython for the BBC
micro:bit, built with 31-bit small ints and single precision as on the ESP32, and an
emulator that runs it.
"""

import ast
import os
import select
import shutil
import subprocess
from pathlib import Path

import pytest

QEMU = shutil.which("qemu-system-arm")
FIRMWARE = Path("/usr/share/firmware-microbit-micropython/firmware.hex")
MACHINE = "-machine microbit -display none -monitor none -serial stdio"
ENERGY = Path(__file__).parents[2] / "firmware" / "core" / "energy.py"

# For a hung emulator only; what is awaited decides, not the time it takes.
PATIENCE_S = 120
ECHOED = 8
PASTE, FINISH = "\x05", "\x04"


class Microbit:
    """A MicroPython prompt on the emulated board's serial line."""

    def __init__(self, qemu: str):
        self._process = subprocess.Popen(
            [qemu, *MACHINE.split(), "-device", f"loader,file={FIRMWARE}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )
        self._receive_until(">>> ")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def execute(self, code: str) -> str:
        """Run a block of code and return what it printed, a traceback included."""
        self._send(PASTE)
        self._receive_until("=== ")
        for line in code.splitlines():
            # The echo is the flow control: the board's receive buffer is short.
            for at in range(0, len(line), ECHOED):
                part = line[at : at + ECHOED]
                self._send(part)
                self._receive_until(part)
            self._send("\r")
            self._receive_until("=== ")
        self._send(FINISH)
        return self._receive_until("\r\n>>> ").replace("\r\n", "\n").strip()

    def _send(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())

    def _receive_until(self, end: str) -> str:
        assert self._process.stdout is not None
        received = b""
        while not received.endswith(end.encode()):
            ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
            data = os.read(self._process.stdout.fileno(), 1024) if ready else b""
            if not data:
                pytest.fail(f"expected {end!r} from the board, got only {received!r}")
            received += data
        return received.decode()[: -len(end)]


class _Partition(ast.NodeTransformer):
    """Turns `text.partition(x)`, which this build lacks, into `partition(text, x)`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "partition":
            name = ast.Name("partition", ast.Load())
            return ast.Call(name, [node.func.value, *node.args], [])
        return node


PARTITION = """
def partition(text, separator):
    at = text.find(separator)
    if at < 0:
        return text, "", ""
    return text[:at], separator, text[at + len(separator):]
"""


# Not on the way from a pulse to a reading, and the board has hardly room for the rest.
LEFT_OUT = ("seed", "restore")


def for_the_board(source: str) -> list[str]:
    """Return the same code in small pieces: the board has 16 kB of RAM for it all.

    Comments and docstrings are left out, and a class comes method by method.
    """
    pieces: list[ast.AST] = []
    for node in _Partition().visit(ast.parse(source)).body:
        if isinstance(node, ast.ClassDef):
            pieces.append(ast.parse(f"class {node.name}:\n    pass"))
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and member.name not in LEFT_OUT:
                    attribute = ast.parse(f"{node.name}.{member.name} = {member.name}").body
                    pieces.append(ast.Module([_bare(member), *attribute], []))
        elif isinstance(node, ast.FunctionDef):
            pieces.append(_bare(node))
        elif not isinstance(node, ast.Expr):
            pieces.append(node)
    return [_narrow(ast.unparse(piece)) for piece in pieces]


def _bare(function: ast.FunctionDef) -> ast.FunctionDef:
    if ast.get_docstring(function):
        function.body = function.body[1:] or [ast.Pass()]
    return function


def _narrow(code: str) -> str:
    """Return the code indented by one space a level."""
    lines = [(line, line.lstrip()) for line in code.splitlines() if line.strip()]
    return "\n".join(" " * ((len(line) - len(text)) // 4) + text for line, text in lines)


@pytest.fixture(scope="module")
def board():
    if QEMU is None:
        pytest.skip("qemu-system-arm is not installed (Debian: qemu-system-arm)")
    if not FIRMWARE.exists():
        pytest.skip(f"{FIRMWARE} is missing (Debian: firmware-microbit-micropython)")
    microbit = Microbit(QEMU)
    yield microbit
    microbit.close()


@pytest.fixture(scope="module")
def loaded_board(board):
    assert board.execute(PARTITION) == ""
    for piece in for_the_board(ENERGY.read_text(encoding="utf-8")):
        assert board.execute(piece) == "", piece
    return board


@pytest.fixture
def board_with_register(loaded_board):
    # The parser needs one large block, which what the test before left lying would split.
    assert loaded_board.execute("register = None\nimport gc\ngc.collect()") == ""
    return loaded_board


def test_the_board_computes_in_single_precision(board):
    assert board.execute("print(16777216.0 + 1.0 == 16777216.0)") == "True"


def test_the_board_has_31_bit_small_ints(board):
    # Small ints are their own identity; the first that does not fit lives on the heap.
    code = "n = int('1073741823')\nprint(n is int('1073741823'), n + 1 is n + 1)"
    assert board.execute(code) == "True False"


def test_the_largest_register_of_a_household_reads_exactly(board_with_register):
    code = """
register = Register(1000)
register.set_reading("12345678.901")
print(register.reading_kwh())
register.add(1)
print(register.reading_kwh())
register.add(98)
print(register.reading_kwh(), register.reading_wh())
"""
    assert board_with_register.execute(code).split() == [
        "12345678.901",
        "12345678.902",
        "12345679.000",
        "12345679000",
    ]


def test_pulses_beyond_single_precision_are_counted_one_by_one(board_with_register):
    code = """
register = Register(1000)
register.add(16777216)
register.add(1)
print(register.total, register.reading_kwh())
"""
    assert board_with_register.execute(code) == "16777217 16777.217"


def test_a_meter_constant_that_is_no_whole_number_of_pulses_per_wh(board_with_register):
    code = """
register = Register(640)
register.set_reading("99999999.000")
register.add(639)
print(register.reading_kwh())
register.add(1)
print(register.reading_kwh())
"""
    assert board_with_register.execute(code).split() == ["99999999.998", "100000000.000"]

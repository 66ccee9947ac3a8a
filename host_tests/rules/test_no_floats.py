"""No floats on the energy path, from the edge to the stored register.

On the ESP32 a float has 24 bits: a register that met one anywhere would lose pulses
from 16 777 216 on, years after every test had passed. So the code itself is read.
"""

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "firmware" / "core"
PATH = (
    "ticks",
    "edge_ring",
    "pulse_filter",
    "reconcile",
    "meter",
    "energy",
    "register_record",
    "journal",
    "local_time",
    "holiday",
    "tariff",
    "interval",
    "history",
    "worth",
    "demand",
)


def floats(source: str) -> list[str]:
    """Return where code makes a float, or calls what may make one."""
    found = []
    for node in ast.walk(ast.parse(source)):
        what = _float_in(node)
        if what:
            found.append(f"line {getattr(node, 'lineno', 0)}: {what}")
    return found


def _float_in(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=float() | complex()):
            return f"the literal {node.value!r}"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "a true division"
        case ast.BinOp(op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
            return "a negative power"
        case ast.Name(id="float" | "round" | "complex") | ast.Attribute(attr="truediv"):
            return ast.unparse(node)
        case ast.Import(names=names) if any(alias.name in ("math", "cmath") for alias in names):
            return ast.unparse(node)
        case ast.ImportFrom(module="math" | "cmath"):
            return ast.unparse(node)
        case ast.Call(func=func, args=[ast.Constant(value=str(form)), *_]):
            # A struct or array of floats; time.time() is kept out by test_imports.
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            if name in ("pack", "pack_into", "unpack", "unpack_from", "array") and set(form) & set(
                "efd"
            ):
                return f"{name} of {form!r}"
    return ""


@pytest.mark.parametrize("module", PATH)
def test_the_energy_path_is_free_of_floats(module):
    assert floats((CORE / f"{module}.py").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 0.5",
        "x = 1e3",
        "x = a / b",
        "x /= 2",
        "x = 10 ** -3",
        "x = float(text)",
        "x = list(map(float, texts))",
        "x = round(y)",
        "import math",
        "from math import floor",
        'x = struct.unpack("<If", record)',
        'x = array("d", [0])',
    ],
)
def test_the_check_finds(source):
    assert floats(source)


@pytest.mark.parametrize(
    "source",
    ["x = a // b", "x //= 2", "x = 10 ** 3", "x = '1/2'", "x = struct.pack('<QI', a, b)"],
)
def test_the_check_accepts(source):
    assert floats(source) == []

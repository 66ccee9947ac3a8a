"""Classes that begin with forgetting what MicroPython notes in them."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tools import compile as compiler
from tools.bare_class import bare

MICROPYTHON = Path(sys.executable).parent / "micropython"
FORGET = "del __module__, __qualname__"


@pytest.mark.parametrize(
    ("body", "as_given"),
    [
        ('    """One line."""\n    x = 1\n', f"    {FORGET}\n    x = 1\n"),
        ('    """Some\n    lines.\n    """\n\n    x = 1\n', f"    {FORGET}\n\n\n\n    x = 1\n"),
        ('    """Alone."""\n', f"    {FORGET}\n"),
        ("    x = 1\n    y = 2\n", f"    {FORGET}; x = 1\n    y = 2\n"),
        ("    pass\n", f"    {FORGET}; pass\n"),
        ("    def f(self):\n        pass\n", None),
        ("    # Why.\n    @staticmethod\n    def f():\n        pass\n", None),
        ("    if 1:\n        x = 1\n", None),
    ],
)
def test_the_statement_takes_the_place_of_the_documentation(body, as_given):
    source = "import os\n\n\nclass A:\n" + body
    assert bare(source) == source.replace(body, as_given or body)
    assert bare(source).count("\n") == source.count("\n")


@pytest.mark.parametrize("source", ["class A: pass\n", "class A: x = 1\n", "def f():\n    x = 1\n"])
def test_anything_else_stays_as_it_is(source):
    assert bare(source) == source


def test_a_class_within_is_one_as_well():
    source = 'def f():\n    class A:\n        """What it is."""\n\n    return A\n'
    assert FORGET in bare(source)


@pytest.mark.parametrize("asked", ["A.__qualname__", "getattr(A, '__module__')"])
def test_who_asks_for_what_is_forgotten_is_refused(asked):
    with pytest.raises(ValueError, match="line 3: __"):
        bare(f"class A:\n    pass\n{asked}\n")


def test_on_micropython_a_class_is_the_same_without_and_takes_less(tmp_path):
    source = textwrap.dedent('''
        import gc
        gc.collect()
        before = gc.mem_alloc()
        class A(ValueError):
            """What it is."""
            size = 4
            def f(self):
                return self.size
            def g(self):
                return type(self).__name__
        gc.collect()
        taken = gc.mem_alloc() - before
        class B(A):
            """One of them."""
        print(A().f(), B().g(), A, repr(B("x")), isinstance(B(), A), dir(A))
        print(taken)
    ''')
    said = []
    for text in (source, bare(source)):
        script = tmp_path / "classes.py"
        script.write_text(text)
        ended = subprocess.run([MICROPYTHON, script], capture_output=True, text=True, timeout=20)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        said.append(ended.stdout.splitlines())
    (noted, taken), (forgotten, less) = said
    assert "__module__" in noted
    assert noted.split("[")[0] == forgotten.split("[")[0]
    assert not any(name in forgotten for name in ("__module__", "__qualname__"))
    assert int(less) < int(taken)


def test_the_firmwares_classes_have_it():
    text = compiler.texts()["main.py"]
    assert text.count(FORGET) == text.count("\nclass ") > 50

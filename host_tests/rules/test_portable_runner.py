"""The tests of the tests: what goes wrong on any interpreter must be seen.

Each case is a small project of its own, with this project's plugin and runner, on
which pytest is started as a user would start it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import interpreters

HOST_TESTS = Path(__file__).parents[1]
INFRASTRUCTURE = ("conftest.py", "interpreters.py", "portable.py", "portable_runner.py")
IDS = [interpreter.id for interpreter in interpreters.ALL]
GOOD = "def test_good():\n    assert True\n"


class Project:
    """A repository with nothing but the test infrastructure and the tests of one case."""

    def __init__(self, root: Path):
        self.root = root
        for name in (*INFRASTRUCTURE, "wasm32.py"):
            self.write(f"host_tests/{name}", (HOST_TESTS / name).read_text(encoding="utf-8"))
        shutil.copytree(HOST_TESTS / "cpython", root / "host_tests" / "cpython")
        (root / "firmware").mkdir()
        self.write(
            "pytest.ini",
            "[pytest]\n"
            "addopts = -ra --import-mode=importlib -p no:cacheprovider\n"
            "testpaths = host_tests\n"
            "pythonpath = firmware host_tests\n"
            "portable_timeout = 20\n",
        )

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def pytest(self, *arguments: str) -> tuple[int, str]:
        """Return pytest's exit status and what it printed."""
        # CI changes how much pytest prints, and it is what is printed that counts here.
        environment = {k: v for k, v in os.environ.items() if k not in ("CI", "PYTEST_ADDOPTS")}
        process = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        return process.returncode, process.stdout


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


def test_each_test_is_an_item_per_interpreter(project):
    project.write("host_tests/core/test_a.py", GOOD + "async def test_later():\n    pass\n")
    status, output = project.pytest("--collect-only", "-q")
    assert status == 0, output
    for name in ("test_good", "test_later"):
        for identity in IDS:
            assert f"host_tests/core/test_a.py::{name}[{identity}]" in output


def test_success_is_counted_per_interpreter(project):
    project.write("host_tests/core/test_a.py", GOOD)
    project.write("host_tests/micropython/test_a.py", GOOD)
    project.write("host_tests/property/test_b.py", GOOD)
    status, output = project.pytest()
    assert status == 0, output
    for interpreter in interpreters.ALL:
        assert f"{interpreter.title}: 2 passed, 0 failed, 0 skipped" in output


def test_a_failure_is_reported_with_its_line_on_each_interpreter(project):
    project.write(
        "host_tests/core/test_a.py",
        GOOD
        + "def test_bad():\n    print('on the way')\n    answer = 41\n    assert answer == 42\n",
    )
    status, output = project.pytest()
    assert status == 1, output
    for interpreter in interpreters.ALL:
        assert f"{interpreter.title}: 1 passed, 1 failed, 0 skipped" in output
        assert f"FAILED host_tests/core/test_a.py::test_bad[{interpreter.id}]" in output
    # Also where the interpreter's own traceback has no source lines.
    assert output.count("    assert answer == 42") == len(IDS)
    assert output.count("on the way") == len(IDS)
    assert output.count("AssertionError") >= len(IDS)


def test_an_exit_within_a_test_is_its_failure(project):
    project.write("host_tests/core/test_a.py", "def test_a():\n    raise SystemExit(0)\n" + GOOD)
    status, output = project.pytest()
    assert status == 1, output
    for interpreter in interpreters.ALL:
        assert f"{interpreter.title}: 1 passed, 1 failed, 0 skipped" in output


def test_a_module_that_cannot_be_imported_fails_all_its_tests(project):
    project.write("host_tests/core/test_a.py", "import no_such_module\n" + GOOD)
    status, output = project.pytest()
    assert status == 1, output
    for interpreter in interpreters.ALL:
        assert f"{interpreter.title}: 0 passed, 1 failed, 0 skipped" in output
    assert output.count("the test module could not be imported") >= len(IDS)
    assert output.count("no_such_module") >= len(IDS)


# A way to die for each: no handler of the interpreter's gets to run.
DEATHS = {
    "cpython": "import os; os._exit(3)",
    "micropython-unix": "import uctypes; uctypes.bytearray_at(16, 4)[0]",
    "micropython-wasm32": "import uctypes; uctypes.bytearray_at(0xF0000000, 4)[0]",
}


@pytest.mark.parametrize("identity", IDS)
def test_a_crash_fails_the_test_and_those_after_it(project, identity):
    project.write(
        "host_tests/core/test_a.py",
        f"{GOOD}def test_crash():\n    print('about to die')\n    {DEATHS[identity]}\n"
        "def test_after():\n    pass\n",
    )
    status, output = project.pytest("host_tests", "-k", identity)
    assert status == 1, output
    title = next(each.title for each in interpreters.ALL if each.id == identity)
    assert f"{title}: 1 passed, 2 failed, 0 skipped" in output
    assert output.count("about to die") == 2
    assert output.count("during test_crash") >= 2


def test_an_endless_loop_is_ended_on_each_interpreter(project):
    project.write("host_tests/core/test_a.py", GOOD + "def test_loop():\n    while True: pass\n")
    status, output = project.pytest("-o", "portable_timeout=5")
    assert status == 1, output
    for interpreter in interpreters.ALL:
        assert f"{interpreter.title}: 1 passed, 1 failed, 0 skipped" in output
    assert output.count("was stopped after 5 s during test_loop") >= len(IDS)


def test_a_skip_prints_its_reason(project):
    skip = "from portable import SkipTest\n"
    project.write(
        "host_tests/core/test_a.py",
        skip + GOOD + "def test_skip():\n    raise SkipTest('no luck today')\n",
    )
    project.write("host_tests/core/test_b.py", skip + "raise SkipTest('wrong world')\n" + GOOD)
    status, output = project.pytest()
    assert status == 0, output
    for interpreter in interpreters.ALL:
        assert f"{interpreter.title}: 1 passed, 0 failed, 2 skipped" in output
    assert "no luck today" in output
    assert "wrong world" in output


def test_raises_demands_the_exception(project):
    project.write(
        "host_tests/core/test_a.py",
        "from portable import raises\n"
        "def test_it_comes():\n    assert 'x' in str(raises(ValueError, int, 'x'))\n"
        "def test_it_does_not():\n    raises(ValueError, int, '1')\n"
        "def test_another_comes():\n    raises(KeyError, int, 'x')\n",
    )
    status, output = project.pytest()
    assert status == 1, output
    for interpreter in interpreters.ALL:
        assert f"{interpreter.title}: 1 passed, 2 failed, 0 skipped" in output


def test_an_interpreter_without_tests_is_no_success(project):
    project.write("host_tests/simulator/test_a.py", GOOD)
    project.write("host_tests/property/test_b.py", GOOD)
    status, output = project.pytest()
    assert status == 1, output
    # An ordinary test runs on CPython, but shows nothing about the portable ones there.
    assert "no portable test ran on CPython" in output
    assert "no portable test ran on MicroPython wasm32" in output
    assert "no portable test ran on MicroPython unix" not in output


def test_one_test_can_be_run_alone(project):
    project.write("host_tests/core/test_a.py", GOOD + "def test_crash():\n    raise SystemExit\n")
    name = "host_tests/core/test_a.py::test_good[micropython-wasm32]"
    status, output = project.pytest(name)
    assert status == 0, output
    assert "1 passed" in output


def test_a_name_defined_twice_is_refused(project):
    project.write("host_tests/core/test_a.py", GOOD + GOOD)
    status, output = project.pytest()
    assert status != 0, output
    assert "defines test_good twice" in output


def test_core_means_the_firmware_s_core_and_the_shims_come_first(project):
    project.write("firmware/core/thing.py", "answer = 42\n")
    project.write("firmware/machine.py", "where = 'firmware'\n")
    project.write("tools/simulator/esp32/machine.py", "where = 'shim'\n")
    imports = "def test_import():\n    from core.thing import answer\n    assert answer == 42\n"
    project.write("host_tests/core/test_a.py", imports)
    project.write(
        "host_tests/simulator/test_a.py",
        imports + "    import machine\n    assert machine.where == 'shim'\n",
    )
    status, output = project.pytest()
    assert status == 0, output
    assert "4 passed" in output

"""Makes pytest run every portable test on several interpreters, each as its own item.

See docs/testing.md for how to write one. The items of one file and one
interpreter share a process, started when the first of them is due.
"""

import ast
import linecache
import os
import re
from collections import Counter
from pathlib import Path

import hypothesis
import pytest
from hypothesis.database import DirectoryBasedExampleDatabase
from portable_runner import RECORD

import interpreters

HOST_TESTS = Path(__file__).parent
ROOT = HOST_TESTS.parent

# pytest-xdist tells its workers how wide the terminal is, and a shell may. What the tools print is
# to be as wide as a test says.
for size in ("COLUMNS", "LINES"):
    os.environ.pop(size, None)

# No deadline: this project never judges code by how fast the machine of the day ran it.
hypothesis.settings.register_profile(
    "here",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    database=None
    if os.environ.get("CI")
    else DirectoryBasedExampleDatabase(ROOT / "build" / "hypothesis"),
)
hypothesis.settings.load_profile("here")


def pytest_addoption(parser):
    parser.addini("portable_timeout", "seconds for one portable file on one interpreter")


def pytest_pycollect_makemodule(module_path, parent):
    """Collect the portable folders' files here instead of importing them into pytest."""
    if module_path.parent.parent == HOST_TESTS and module_path.parent.name in interpreters.FOLDERS:
        return PortableFile.from_parent(parent, path=module_path)
    return None


class PortableFile(pytest.File):
    """A file of test functions, read but never imported by pytest."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._outcomes = {}

    def collect(self):
        names = _test_names(self.path)
        for interpreter in interpreters.FOLDERS[self.path.parent.name]:
            for name, line in names.items():
                yield PortableTest.from_parent(
                    self,
                    name=f"{name}[{interpreter.id}]",
                    test_name=name,
                    line=line,
                    interpreter=interpreter,
                )

    def outcome(self, test):
        """Return the outcome of one test, running its file on first demand."""
        if test.interpreter not in self._outcomes:
            # Only what -k, node ids and the like selected: rerunning one test stays quick.
            names = [
                item.test_name
                for item in self.session.items
                if isinstance(item, PortableTest)
                and item.parent is self
                and item.interpreter is test.interpreter
            ]
            timeout = float(self.config.getini("portable_timeout") or 300)
            ending = test.interpreter.run(ROOT, self.path, names, timeout)
            self._outcomes[test.interpreter] = _parse(ending, names)
        return self._outcomes[test.interpreter][test.test_name]


class PortableTest(pytest.Item):
    """One test function on one interpreter."""

    def __init__(self, *, parent, test_name, line, interpreter, **kwargs):
        super().__init__(parent=parent, **kwargs)
        self.file = parent
        self.test_name = test_name  # not "function": pytest expects one to have marks
        self.line = line
        self.interpreter = interpreter
        self.user_properties.append(("interpreter", interpreter.id))

    def runtest(self):
        kind, detail = self.file.outcome(self)
        if kind == "skipped":
            pytest.skip(detail)
        if kind == "failed":
            raise PortableFailure(detail)
        print(detail, end="")

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, PortableFailure):
            return _with_source(str(excinfo.value), self.interpreter.mount)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, self.line - 1, self.name


class PortableFailure(Exception):
    """Carries what the interpreter printed."""


def _test_names(path):
    names = {}
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            if node.name in names:
                raise pytest.Collector.CollectError(f"{path.name} defines {node.name} twice")
            names[node.name] = node.lineno
    return names


def _parse(ending, names):
    """Split a process's output at its records into {test name: (outcome, detail)}."""
    outcomes = {}
    running = None
    before = text = ""
    for part in re.split(rf"\n(?={RECORD})", "\n" + ending.output):
        record, _, printed = part.partition("\n") if part.startswith(RECORD) else ("", "", part)
        kind, _, rest = record[1:].partition(" ")
        name, _, reason = rest.partition(" ")
        if kind == "start":
            running, text = name, printed
        elif kind in ("passed", "skipped", "failed"):
            detail = {"passed": text, "skipped": reason, "failed": before + text + reason}
            outcomes[name] = kind, detail[kind]
            running = None
        else:
            before += printed
    for name in names:
        if name not in outcomes:
            during = f" during {running}" if running else ""
            outcomes[name] = "failed", f"{before}{text}\nThe interpreter {ending.cause}{during}."
    return outcomes


def _with_source(text, mount):
    """Put the source line under each traceback entry, which MicroPython leaves out."""

    def annotate(match):
        entry, file, number = match.group(0, 1, 2)
        path = Path(file if mount is None else file.replace(mount, str(ROOT), 1))
        line = linecache.getline(str(path), int(number)).strip()
        return f"{entry}\n    {line}" if line else entry

    if "\n    " in text:  # CPython has done so
        return text
    return re.sub(r'  File "([^"]+)", line (\d+).*', annotate, text)


def _counts(terminalreporter):
    counts: dict[str, Counter] = {interpreter.id: Counter() for interpreter in interpreters.ALL}
    for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"):
        for report in terminalreporter.getreports(outcome):
            properties = dict(getattr(report, "user_properties", ()))
            # An ordinary test runs under the Python that runs pytest.
            of = counts[properties.get("interpreter", "cpython")]
            of["portable", outcome] += "interpreter" in properties
            of[outcome] += 1
    return counts


def pytest_sessionfinish(session):
    """A run of everything must have run something on each interpreter.

    Otherwise a broken or forgotten interpreter would look like success.
    """
    config = session.config
    selective = config.args_source is config.ArgsSource.ARGS or any(
        config.getoption(option) for option in ("keyword", "markexpr", "lf", "collectonly")
    )
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if selective or reporter is None:
        return
    for interpreter in interpreters.ALL:
        counts = _counts(reporter)[interpreter.id]
        if not counts["portable", "passed"] + counts["portable", "failed"]:
            reporter.ensure_newline()
            reporter.line(f"ERROR: no portable test ran on {interpreter.title}", red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("tests per interpreter")
    for interpreter in interpreters.ALL:
        counts = _counts(terminalreporter)[interpreter.id]
        failed = counts["failed"] + counts["error"]
        terminalreporter.line(
            f"{interpreter.title}: {counts['passed']} passed, {failed} failed, "
            f"{counts['skipped']} skipped"
        )

"""The interpreters that portable tests run on, and which folder runs on which."""

import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Far above the ESP32's: a test that must show a small heap locks or measures it itself.
UNIX_HEAP = "16M"


@dataclass(frozen=True)
class Interpreter:
    """One way to run a portable test file."""

    id: str
    title: str
    # (repository root, code) -> the command that executes code
    command: Callable[[Path, str], list[str]]
    # Where the repository root is to be found from inside, if not where it really is.
    mount: str | None = None

    def run(self, root: Path, test_file: Path, names: list[str], timeout: float) -> "Ending":
        """Run the named tests of one file in a fresh process and a scratch directory."""
        inside = [self._inside(root, path) for path in search_path(self.id, test_file)]
        runner = self._inside(root, test_file.parents[1])
        # The runner's folder leaves sys.path at once: `core` must mean firmware/core.
        code = (
            f"import sys; sys.path.insert(0, {runner!r}); import portable_runner; sys.path.pop(0);"
            f"portable_runner.run({inside!r}, {test_file.stem!r}, {names!r})"
        )
        with tempfile.TemporaryDirectory() as scratch:
            try:
                process = subprocess.run(
                    self.command(root, code),
                    cwd=scratch,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=timeout,
                )
            except subprocess.TimeoutExpired as expired:
                return Ending(f"was stopped after {timeout:g} s", _text(expired.stdout))
        return Ending(f"ended with status {process.returncode}", _text(process.stdout))

    def _inside(self, root: Path, path: Path) -> str:
        if self.mount is None:
            return str(path)
        return f"{self.mount}/{path.relative_to(root).as_posix()}"


@dataclass(frozen=True)
class Ending:
    """How a process ended, in words, and everything it printed."""

    cause: str
    output: str


def _text(output: bytes | None) -> str:
    return (output or b"").decode("utf-8", "replace").replace("\r\n", "\n")


def search_path(interpreter: str, test_file: Path) -> list[Path]:
    """Return the folders that come first in sys.path for a test file, in order."""
    host_tests = test_file.parents[1]
    root = host_tests.parent
    folders = [root / "firmware", root / "build" / "lib", test_file.parent]
    if interpreter == "cpython":
        folders.append(host_tests / "cpython")
    if test_file.parent.name == "simulator":
        folders = [root / "tools" / "simulator" / "esp32", *folders, root]
    return folders


def _cpython(_root: Path, code: str) -> list[str]:
    # No bytecode: a test must leave no trace in the tree it runs from.
    return [sys.executable, "-B", "-u", "-c", code]


def _micropython_unix(_root: Path, code: str) -> list[str]:
    micropython = Path(sysconfig.get_path("scripts")) / "micropython"
    return [str(micropython), "-X", f"heapsize={UNIX_HEAP}", "-c", code]


def _micropython_wasm32(root: Path, code: str) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("wasm32.py")), str(root), code]


CPYTHON = Interpreter(
    "cpython",
    f"CPython {sys.version_info.major}.{sys.version_info.minor}",
    _cpython,
)
UNIX = Interpreter("micropython-unix", "MicroPython unix 64-bit", _micropython_unix)
WASM32 = Interpreter(
    "micropython-wasm32", "MicroPython wasm32 31-bit", _micropython_wasm32, mount="/input"
)

ALL = (CPYTHON, UNIX, WASM32)

# Tests in any other folder are ordinary pytest tests.
FOLDERS = {
    "core": (CPYTHON, UNIX, WASM32),
    "micropython": (UNIX, WASM32),
    "simulator": (UNIX,),
}

"""Start the two engines, each in a process of its own, and say what came of it."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import corpus
from .targets import ROOT, Target

_INPUT_MAX = 4_400
# One input alone; a hang, whatever the machine of the day.
_HANG_S = 60
_PULSE = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """`inputs` played, `edges` of the parser's code seen, and the failure, if any."""

    inputs: int
    edges: int = 0
    crash: str = ""
    culprit: bytes | None = None


def environment() -> dict[str, str]:
    """Without byte code left behind: what is started runs from a source tree."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def guided(target: Target, folder: Path, runs: int, seed: int) -> Outcome:
    """Let atheris play a target; what it bred is left in `folder`."""
    grown, artifacts = folder / target.name, folder / f"{target.name}.crash-"
    corpus.unpack(target.name, grown)
    # libFuzzer refuses an empty one.
    words = folder / f"{target.name}.dict"
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in target.words() or ["\0"]))
    process = subprocess.run(
        [
            *(sys.executable, "-m", "tools.fuzz.guided", target.name, str(grown)),
            *(f"-runs={runs}", f"-seed={seed}", f"-max_len={_INPUT_MAX}", f"-timeout={_HANG_S}"),
            *(f"-dict={words}", f"-artifact_prefix={artifacts}", "-verbosity=1"),
        ],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    said = process.stderr + process.stdout
    pulses = _PULSE.findall(said)
    done = re.search(r"^Done (\d+) runs", said, re.MULTILINE)
    inputs = int(done.group(1)) if done else int(pulses[-1][0]) if pulses else 0
    edges = int(pulses[-1][1]) if pulses else 0
    if process.returncode == 0 and done:
        return Outcome(inputs, edges)
    found = sorted(folder.glob(f"{target.name}.crash-*"), key=lambda path: path.stat().st_mtime)
    culprit = found[-1].read_bytes() if found else None
    return Outcome(inputs, edges, _cause(said) or f"status {process.returncode}", culprit)


def generated(target: Target, examples: int, seed: int) -> Outcome:
    """Let hypothesis play a target."""
    process = subprocess.run(
        [sys.executable, "-m", "tools.fuzz.generated", target.name, str(examples), str(seed)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(process.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return Outcome(0, crash=process.stderr.strip()[-300:] or f"status {process.returncode}")
    culprit = ast.literal_eval(answer["input"]) if "input" in answer else None
    return Outcome(answer["inputs"], crash=answer.get("error", ""), culprit=culprit)


def _quoted(word: str) -> str:
    """A word as libFuzzer's dictionaries have it."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}"
        for byte in word.encode()
    )


def _cause(said: str) -> str:
    """The exception in atheris's report."""
    _, uncaught, rest = said.partition("Uncaught Python exception: ===\n")
    if uncaught:
        return rest.partition("Traceback")[0].strip()[:200] or rest[:200]
    return "".join(re.findall(r"ERROR: libFuzzer: (.*)", said)[:1])

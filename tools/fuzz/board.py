"""Play inputs again on the interpreters of the board's kind."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .engine import Outcome, environment
from .targets import ROOT, Target

_LIMIT_S = 600
_PROGRAM = Path(__file__).parent / "board_play.py"
_FOLDERS = ("firmware", "build/lib", ".")


def play(target: Target, interpreter: str, folder: Path) -> Outcome:
    """Play each file of a folder; on the first failure the rest is left."""
    sys.path.insert(0, str(ROOT / "host_tests"))
    try:
        import interpreters
    finally:
        sys.path.pop(0)
    chosen = {one.id: one for one in interpreters.ALL}[interpreter]
    inside = chosen.mount or str(ROOT)
    paths = [f"{inside}/{name}" for name in _FOLDERS]
    inputs = f"{inside}/{folder.relative_to(ROOT).as_posix()}"
    program = f"{inside}/{_PROGRAM.parent.relative_to(ROOT).as_posix()}"
    code = (
        f"import sys; sys.path[:0] = {[*paths, program]!r}; import board_play; "
        f"board_play.play({target.name!r}, {inputs!r})"
    )
    with tempfile.TemporaryDirectory() as scratch:
        process = subprocess.run(
            chosen.command(ROOT, code),
            cwd=scratch,
            env=environment(),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT_S,
            check=False,
        )
    said = process.stdout + process.stderr
    played = [int(number) for number in re.findall(r"^played (\d+)$", said, re.MULTILINE)]
    if "all played" in said:
        return Outcome(played[-1])
    culprit = re.search(r"^failed (\S+)", said, re.MULTILINE)
    data = (folder / culprit.group(1)).read_bytes() if culprit else None
    return Outcome(played[-1] if played else 0, crash=f"{interpreter}: {said[-600:]}", culprit=data)

"""`python -m tools`: everything one does with a board."""

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PYTHON = _ROOT / ".venv" / "bin" / "python"


def _without_libraries(missing: str) -> None:
    """Goes on in .venv, where the libraries are, or says how to get them."""
    if _PYTHON.exists() and Path(sys.prefix) != _ROOT / ".venv":
        os.execv(_PYTHON, [str(_PYTHON), "-m", "tools", *sys.argv[1:]])
    sys.exit(
        f"The tools need libraries that this Python has not ({missing}).\n"
        f"  Run in {_ROOT}: make doctor\n"
        "  It installs them, as locked, into .venv, and looks for the board."
    )


try:
    from .cli.app import main
except ModuleNotFoundError as error:
    _without_libraries(str(error.name))

if __name__ == "__main__":
    main()

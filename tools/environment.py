"""Create .venv with exactly the locked tools, or leave it if that has been done.

    python3 tools/environment.py

Run by `make` with whatever Python there is, so it has to be readable to an old one
up to where it refuses. It waits for a twin: `make run` in one terminal and `make test`
in another, both in a fresh clone, must not build the same .venv at once.
"""

import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOCK = os.path.join(ROOT, "requirements.lock")
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, ".stamp")


def main():
    """Return 0 when .venv is as locked."""
    if sys.version_info < (3, 11):  # noqa: UP036 - it is what may start this
        version = ".".join(str(part) for part in sys.version_info[:3])
        print("This needs Python 3.11 or newer; {} is {}.".format(sys.executable, version))  # noqa: UP032
        print("Name another one: make PYTHON=/path/to/python3.12 ...")
        return 1
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        print("This Python has no venv module; Debian has it in python3-venv.")
        return 1
    with open(LOCK, "rb") as lock:
        _wait_for_a_twin(lock)
        if _is_current():
            return 0
        print("Creating .venv with the locked tools (once; needs the network) ...")
        sys.stdout.flush()
        # Anew, so that nothing unlocked lingers in it.
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
        python = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")
        options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
        subprocess.run([python, "-m", "pip", "install"] + options + [LOCK], check=True)
        with open(STAMP, "w"):
            pass
    return 0


def _is_current():
    return os.path.exists(STAMP) and os.path.getmtime(STAMP) >= os.path.getmtime(LOCK)


def _wait_for_a_twin(file):
    try:
        import fcntl
    except ImportError:  # Windows: then one at a time, please
        return
    fcntl.flock(file, fcntl.LOCK_EX)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError:
        sys.exit("The locked tools could not be installed; pip says why above.")

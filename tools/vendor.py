"""Copy the packages that the board holds in lib/ out of the Python environment.

    python tools/vendor.py build/lib

The pinned package serves both worlds unchanged; the copy leaves out the parts
that only make sense on a server.
"""

import importlib.metadata
import shutil
import sys
from pathlib import Path

# The firmware serves a page, events and WebSockets; helpers is what those import. Of the MQTT
# client only the protocol: sockets, clock and configuration are the firmware's own.
PACKAGES = {
    "microdot": ("__init__", "microdot", "helpers", "sse", "websocket"),
    "chumicro_mqtt": ("__init__", "_wire", "client"),
}


def main(target: Path) -> None:
    """Fill `target` with the packages and nothing else."""
    shutil.rmtree(target, ignore_errors=True)
    for package, modules in PACKAGES.items():
        distribution = importlib.metadata.distribution(package.replace("_", "-"))
        (target / package).mkdir(parents=True)
        for module in modules:
            source = Path(str(distribution.locate_file(f"{package}/{module}.py")))
            shutil.copyfile(source, target / package / source.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

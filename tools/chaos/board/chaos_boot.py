"""Boot the firmware, as it is, on an imitated board that a chaos run has a line to.

    micropython chaos_boot.py REPOSITORY BOOT.JSON

``BOOT.JSON`` is as ``tools/simulator/boot.py`` takes it, with ``control_port`` beside, and
``broken``, which is Python to break the firmware with; runs under MicroPython.
"""

import json
import sys


def run(repository, boot_file):
    """Boot."""
    sys.path[0:0] = [repository + "/tools/simulator", repository + "/tools/chaos/board"]
    import boot

    with open(boot_file) as file:
        document = json.load(file)
    compiled = document["compiled"]
    firmware = boot.prepare(boot_file, compiled)

    import beats
    from control import Control

    beats.install()
    Control(document["control_port"]).report("boot")
    exec(document.get("broken", ""), {})
    if compiled:
        import main

        main.main()
        return
    boot.start(firmware)


run(sys.argv[1], sys.argv[2])

"""Boot the firmware on the imitated board: runs under MicroPython, with ``main.py`` as it is.

    micropython boot.py [COMPILED] BOOT.JSON

COMPILED is a folder of byte code to be run in place of the sources. BOOT.JSON is what the
supervisor writes: meter_port, state_dir, speed, http_port, reset_cause, imp_per_kwh, register_kwh,
faults, config (sections to be changed in the reader's configuration), install (files to be put on
its flash), block_us (read ahead so far).
"""

import json
import os
import sys

_HERE = __file__.rsplit("/", 1)[0]
_ROOT = _HERE + "/../.."
ROM = "/rom"
_PINS = ((0, 34, True), (1, 35, True), (2, 32, False))


def _mount(state_dir):
    """Mount the board's flash as the working directory, formatted on first use."""
    import flash

    device = flash.FileFlash(state_dir + "/flash.img")
    try:
        volume = os.VfsLfs2(device, progsize=256, readsize=64)
    except OSError:
        os.VfsLfs2.mkfs(device, progsize=256, readsize=64)
        volume = os.VfsLfs2(device, progsize=256, readsize=64)
    os.mount(volume, "/flash")
    os.chdir("/flash")


def mount_rom(path):
    """Mount a ROMFS image, which is run where it lies; here that is the interpreter's heap."""
    import vfs

    image = bytearray(os.stat(path)[6])
    with open(path, "rb") as file:
        file.readinto(image)
    vfs.mount(vfs.VfsRom(image), ROM, readonly=True)


def _copy_to_flash(built, directory, suffix):
    """Copy built files to the flash, as deploying does; only what changed is written."""
    if directory not in os.listdir():
        os.mkdir(directory)
    for name in os.listdir(built):
        if not name.endswith(suffix):
            continue
        with open(built + "/" + name, "rb") as file:
            fresh = file.read()
        path = directory + "/" + name
        try:
            with open(path, "rb") as file:
                if file.read() == fresh:
                    continue
        except OSError:
            pass
        with open(path, "wb") as file:
            file.write(fresh)


def _user_document(boot):
    return {
        "meter": {
            "number": "12345678",
            "imp_per_kwh": boot["imp_per_kwh"],
            "reading_kwh": boot["register_kwh"],
        },
        "pulse": {"pin": 34, "active_low": True, "clock_pin": 27},
        "breaker": {"pin": 35, "active_low": True},
        "mains": {"pin": 32},
        "wifi": {"ssid": "simulated", "password": "not a secret"},
    }


def _configure(boot):
    """Write the configuration a user of this board would have; keep what a user changed."""
    try:
        with open("config.json") as file:
            document = json.load(file)
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError):
            # Broken by hand, to see what the firmware makes of it.
            return
        # Blank is how a board comes from the bench: it opens its own network for set-up.
        document = {}
        if not boot.get("faults", {}).get("blank"):
            document = _user_document(boot)
    if not isinstance(document, dict) or not isinstance(document.get("web", {}), dict):
        return
    # Browsers do not hurry along with virtual time, so patience with them is as long in theirs.
    idle_s = min(86400, max(10, int(10 * boot["speed"])))
    web = {"port": boot["http_port"], "idle_s": idle_s}
    before = json.dumps(document)
    document.setdefault("web", {}).update(web)
    for section, fields in boot.get("config", {}).items():
        if isinstance(document.setdefault(section, {}), dict):
            document[section].update(fields)
    if json.dumps(document) != before or "config.json" not in os.listdir():
        with open("config.json", "w") as file:
            json.dump(document, file)


def _install(paths):
    """Copy single files to the flash."""
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        with open(path.rsplit("/", 1)[-1], "wb") as file:
            file.write(content)


def _hold(world, at_us):
    """Let time stand still at an instant until there is a file ``go_on``.

    What has left the board by then had left it in that much of its own time, however slow
    the machine is on which those who receive it run.
    """
    import utime

    def hold(_):
        print("held at", at_us // 1000, "ms")
        while "go_on" not in os.listdir(world.state_dir):
            utime.sleep_ms(20)

    if world.now_us < at_us:
        world.alarm(at_us, hold)


def prepare(path, compiled=None):
    """Make the board and fill its flash, up to the first line of ``main.py``.

    Args:
        path: the JSON file.
        compiled: folder of the byte-compiled application, to be imported instead of its source.

    Returns:
        The folder of the firmware.
    """
    with open(path) as file:
        boot = json.load(file)
    root = os.getcwd() + "/" if not _ROOT.startswith("/") else ""
    firmware = root + _ROOT + "/firmware"
    library = root + _ROOT + "/build/lib"
    if compiled:
        sys.path[0:0] = [root + _HERE + "/esp32", compiled, compiled + "/lib"]
    else:
        sys.path[0:0] = [root + _HERE + "/esp32", firmware, library]

    import shims
    from meter_link import MeterLink

    link = MeterLink(boot["meter_port"], boot.get("block_us", 250000))
    world = shims.install(link, link.now_us, boot["state_dir"])
    import machine
    import pace

    machine.set_reset_cause(boot["reset_cause"])
    # Formatting and installing is done on a bench, before the board is taken to the meter.
    world.powered = False
    for signal, pin, active_low in _PINS:
        world.wire(signal, pin, active_low, link.lit[signal])
    # The BOOT button has a pull-up, and nobody presses it.
    world.levels[0] = 1
    _mount(boot["state_dir"])
    _copy_to_flash(root + _ROOT + "/build/www", "www", ".gz")
    _copy_to_flash(firmware + "/tariffs", "tariffs", ".json")
    _configure(boot)
    _install(boot.get("install", ()))
    for every_ms, duration_ms in boot.get("faults", {}).get("stalls_ms", ()):
        world.inject(every_ms * 1000, duration_ms * 1000)
    world.drop_per_million = boot.get("faults", {}).get("drop_per_million", 0)
    # From the meter's first instant, so that a reader restarted meanwhile waits no longer.
    world.board["ntp silent until us"] = boot.get("faults", {}).get("ntp_silent_s", 0) * 1000000
    hold_at_s = boot.get("faults", {}).get("hold_at_s")
    if hold_at_s:
        _hold(world, hold_at_s * 1000000)
    world.powered = True
    pace.start(boot["speed"])
    return firmware


def start(firmware):
    """Run ``main.py`` of a folder as the port does."""
    with open(firmware + "/main.py") as file:
        source = file.read()
    exec(compile(source, firmware + "/main.py", "exec"), {"__name__": "__main__"})


def start_compiled():
    """Run the byte code, as ``boot_select`` does."""
    import main

    main.main()


if __name__ == "__main__":
    *folder, path = sys.argv[1:]
    if folder:
        prepare(path, *folder)
        start_compiled()
    else:
        start(prepare(path))

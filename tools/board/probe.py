"""What a board says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .link import Link

# MicroPython with esp32.PCNT, and everything else the firmware uses.
VERSION_MIN = (1, 26)
_PSRAM_MIN = 1_000_000

_SCRIPT = """
import gc, json, os, sys
from binascii import hexlify
gc.collect()
def _answer():
    try:
        import esp32, machine
    except ImportError:
        return {"esp32": False}
    space = os.statvfs(".")
    files = os.listdir()
    free = space[0] * space[3]
    total = space[1] * space[2]
    answer = {
        "esp32": True,
        "machine": sys.implementation._machine,
        "version": list(sys.implementation.version[:3]),
        "pcnt": hasattr(esp32, "PCNT"),
        "id": hexlify(machine.unique_id()).decode(),
        # Blocks that are shared are counted twice, so that what is left can be below nothing.
        "flash_free": free if free <= total else 0,
        "flash_total": total,
        "heap": gc.mem_alloc() + gc.mem_free(),
        # One row per region of memory that C can allocate from; the first number is its size.
        "regions": [row[0] for row in esp32.idf_heap_info(esp32.HEAP_DATA)]
        if hasattr(esp32, "idf_heap_info")
        else None,
        "reset_cause": machine.reset_cause(),
        "files": files,
        "slot": None,
        "versions": {},
    }
    try:
        with open("slot.json") as file:
            answer["slot"] = json.load(file)
    except (OSError, ValueError):
        pass
    for slot in ("a", "b"):
        try:
            with open(slot + "/manifest.json") as file:
                answer["versions"][slot] = json.load(file).get("version", "?")
        except (OSError, ValueError):
            pass
    return answer
"""


@dataclass(frozen=True)
class Probe:
    """One board. Sizes in bytes."""

    content: dict[str, Any]

    @property
    def is_esp32(self) -> bool:
        """Whether it has an ESP32's modules at all."""
        return bool(self.content.get("esp32"))

    @property
    def machine(self) -> str:
        return str(self.content.get("machine", ""))

    @property
    def chip(self) -> str | None:
        """ESP32, ESP32S3 and so on; None for an imitated board."""
        # The board's name, then the chip's, which may go on: "... with ESP32-C3FN4".
        found = re.search(
            r"\bESP32(?:-?(S[23]|[CHP]\d))?", self.machine.rpartition(" with ")[2].upper()
        )
        return "ESP32" + (found.group(1) or "") if found else None

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(self.content.get("version", ()))

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))

    @property
    def pcnt(self) -> bool:
        return bool(self.content.get("pcnt"))

    @property
    def heap(self) -> int:
        """What Python has to live in, with what it may still take."""
        return int(self.content.get("heap", 0))

    @property
    def psram(self) -> int | None:
        """Size of the PSRAM that MicroPython has found, 0 for none, None where it does not say."""
        regions = self.content.get("regions")
        if not isinstance(regions, list):
            return None
        # No region of the chip's own memory is that large.
        return sum(size for size in regions if size >= _PSRAM_MIN)

    @property
    def flash_free(self) -> int:
        return int(self.content.get("flash_free", 0))

    @property
    def flash_total(self) -> int:
        return int(self.content.get("flash_total", 0))

    @property
    def slot(self) -> dict[str, Any] | None:
        """Which application is in force, as in ``slot.json``."""
        slot = self.content.get("slot")
        return slot if isinstance(slot, dict) else None

    @property
    def versions(self) -> dict[str, str]:
        """Slot to the version that it holds."""
        return dict(self.content.get("versions", {}))


def probe(link: Link) -> Probe:
    """Asks the board."""
    link.run(_SCRIPT)
    return Probe(link.value("_answer()"))

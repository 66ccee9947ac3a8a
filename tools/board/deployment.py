"""Put an application on a board: only what changed, checked by hash, switched in one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from . import application
from .application import Application
from .error import BoardError
from .link import Link

# Hashing happens in pieces, so that each answer is short.
_HASHES_AT_ONCE = 12


@dataclass
class Report:
    """What was done. `slot`: where it lies; the rest are names of files."""

    slot: str = ""
    chooser_written: bool = False
    kept: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    removed: int = 0
    sent_bytes: int = 0


class Deployment:
    """One installation over a link. `on_step(text)`, `on_sent(bytes)` tell how far it is."""

    def __init__(
        self,
        link: Link,
        on_step: Callable[[str], None] = lambda text: None,
        on_total: Callable[[int], None] = lambda total: None,
        on_sent: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._link = link
        self._on_step = on_step
        self._on_total = on_total
        self._on_sent = on_sent
        self.report = Report()

    def install(self, app: Application) -> Report:
        """Fills the slot that is not in force, checks it, and puts it in force."""
        self._install_chooser()
        self._load_store()
        self._on_step("comparing")
        slot, other = self._link.value("begin()")
        self.report.slot = slot
        wanted = app.manifest["files"]
        names = sorted(wanted)
        here = self._hashes(slot, names)
        there = self._hashes(other, names) if other else {}
        self.report.removed = self._prune(slot, names)
        self.report.kept = [name for name in names if here[name] == wanted[name]]
        rest = [name for name in names if here[name] != wanted[name]]
        self.report.copied = [name for name in rest if there.get(name) == wanted[name]]
        self.report.sent = [name for name in rest if there.get(name) != wanted[name]]
        for name in self.report.copied:
            self._link.run(f"copy({f'{other}/{name}'!r}, {f'{slot}/{name}'!r})")
        self._send(app, slot)
        self._on_step("checking every file on the board")
        self._finish(app, slot)
        return self.report

    def _install_chooser(self) -> None:
        self._on_step("looking at the board")
        for path, data in (
            (f"{application.CHOOSER}.mpy", application.chooser()),
            (application.MAIN, application.MAIN_TEXT),
        ):
            if self._link.read(path) != data:
                self._link.replace(path, data)
                self.report.chooser_written = True
        # Left over from development, it would hide the compiled one.
        self._link.run(
            "import os\n"
            f"if '{application.CHOOSER}.py' in os.listdir():\n"
            f"    os.remove('{application.CHOOSER}.py')"
        )

    def _load_store(self) -> None:
        source = (application.FIRMWARE / "drivers" / "slot_store.py").read_text(encoding="utf-8")
        self._link.run(source)

    def _hashes(self, slot: str, names: list[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for start in range(0, len(names), _HASHES_AT_ONCE):
            some = names[start : start + _HASHES_AT_ONCE]
            found.update(zip(some, self._link.value(f"hashes({slot!r}, {some!r})"), strict=True))
        return found

    def _prune(self, slot: str, names: list[str]) -> int:
        self._link.run(f"_keep = {names!r}")
        return int(self._link.value(f"prune({slot!r}, _keep)"))

    def _send(self, app: Application, slot: str) -> None:
        total = sum(len(app.files[name]) for name in self.report.sent)
        self._on_total(total)
        for name in self.report.sent:
            data = app.files[name]
            path = f"{slot}/{name}"
            self._on_step(name)
            self._link.feed()
            self._link.run(f"make_directories({path!r})")
            self._link.write(path, data, self._on_piece)
            self.report.sent_bytes += len(data)

    def _on_piece(self, sent: int, _total: int) -> None:
        self._on_sent(self.report.sent_bytes + sent)

    def _finish(self, app: Application, slot: str) -> None:
        self._link.feed()
        manifest = app.manifest
        # Piece by piece: one long literal would take more memory than the board may have.
        self._link.run(f"_files = {{}}\n_manifest = {{'version': {app.version!r}}}")
        names = sorted(manifest["files"])
        for start in range(0, len(names), _HASHES_AT_ONCE):
            some = {name: manifest["files"][name] for name in names[start:][:_HASHES_AT_ONCE]}
            self._link.run(f"_files.update({some!r})")
        wrong = self._link.value(
            f"(_manifest.update({{'files': _files}}), finish({slot!r}, _manifest))[1]"
        )
        if wrong:
            raise BoardError(
                f"not arrived as sent: {', '.join(wrong)}",
                "Nothing was switched. Try again; a bad cable or hub shows like this.",
            )


def describe(app: Application, report: Report) -> str:
    """One line on what was done."""
    return (
        f"version {app.version} in {report.slot}/: {len(report.sent)} files sent "
        f"({report.sent_bytes} bytes), {len(report.copied)} copied on the board, "
        f"{len(report.kept)} in place, {report.removed} removed; "
        f"all {len(app.files)} checked by SHA-256"
    )

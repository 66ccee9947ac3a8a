"""What the self-test found, as text for people and for an issue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.board.probe import Probe


@dataclass(frozen=True)
class Report:
    """`results`: as the board returned them, one per rate."""

    probe: Probe
    version: str
    output: int
    pulse: int
    seconds: int
    results: list[dict[str, Any]]

    @property
    def passed(self) -> bool:
        """Without a hardware counter a board may lose pulses, and must say so, no more."""
        return bool(self.results) and all(map(self._ok, self.results))

    def _ok(self, result: dict[str, Any]) -> bool:
        if result["pcnt"] is None:
            return result["register"] <= result["truth"]
        return result["register"] == result["truth"] == result["pcnt"]

    def text(self) -> str:
        """Markdown."""
        counter = "yes" if self.probe.pcnt else "no (counts by interrupt alone)"
        lines = [
            "### Self-test of an OMNIPOWER reader",
            "",
            f"- board: {self.probe.machine}",
            f"- MicroPython {self.probe.version_text}, firmware {self.version}",
            f"- pulse counter in hardware: {counter}",
            f"- GPIO {self.output} drives GPIO {self.pulse}, {self.seconds} s per rate, "
            "pulses of 30 ms made by the RMT",
            "",
            "| pulses/s | truth | PCNT | handler: edges | handler: pulses | audit added "
            "| register | result |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [self._row(result) for result in self.results]
        lines.append("")
        lines += [self._disturbed(result) for result in self.results]
        lines += ["", f"**{'passed' if self.passed else 'FAILED'}**"]
        return "\n".join(lines)

    def _row(self, result: dict[str, Any]) -> str:
        difference = result["register"] - result["truth"]
        verdict = "ok" if self._ok(result) else "wrong"
        if difference:
            verdict += f" ({difference:+d})"
        pcnt = "–" if result["pcnt"] is None else result["pcnt"]
        cells = (
            result["rate_hz"],
            result["truth"],
            pcnt,
            result["handler_edges"],
            result["handler_pulses"],
            result["missed"],
            result["register"],
            verdict,
        )
        return "| " + " | ".join(map(str, cells)) + " |"

    def _disturbed(self, result: dict[str, Any]) -> str:
        by = result["disturbances"]
        wifi = f"{by['wifi']} Wi-Fi scans"
        if by["wifi_error"]:
            wifi = f"no Wi-Fi ({by['wifi_error']})"
        rejected = ", ".join(f"{name} {n}" for name, n in result["rejected"].items()) or "none"
        return (
            f"- at {result['rate_hz']}/s: {by['gc']} garbage collections, {by['flash']} flash "
            f"writes, {wifi}; rejected: {rejected}"
        )

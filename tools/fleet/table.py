"""A run of the fleet as Markdown."""

from __future__ import annotations

from tools.document import table as markdown

from .measure import Latency
from .run import Report

_HOUR_S = 3_600


def table(report: Report) -> str:
    """One row per figure."""
    intervals = report.intervals
    rate = report.acknowledged / report.loaded_s
    alike = rate * _HOUR_S / report.per_reader_hour if report.per_reader_hour else 0
    rows = [
        ("readers, each with its own meter", f"{report.readers}"),
        ("time", f"{report.loaded_s:.0f} s at speed {report.speed}"),
        ("restarts of readers", f"{report.restarts}"),
        ("outage of the broker", f"{report.outage_s:.0f} s"),
        ("connections, and attempts that failed", f"{report.connections}, {report.failures}"),
        ("messages acknowledged (QoS 1)", f"{report.acknowledged}, {rate:.0f}/s"),
        ("readers at true speed that publish as much", f"{alike:.0f}"),
        ("intervals acknowledged", f"{intervals.published}"),
        ("of them received", f"{intervals.received}"),
        ("of them **lost**", f"**{intervals.lost}**"),
        ("received more than once, same id", f"{intervals.again}"),
        ("delivered late, marked `backfill`", f"{intervals.late}"),
        ("readers whose intervals do not chain", f"{intervals.broken}"),
        ("latency of all messages", _latency(report.all_messages)),
        ("latency of intervals, all readers at once", _latency(report.interval_messages)),
        ("broker's processor time", f"{report.broker_cpu_s:.1f} s, {report.broker_cpu:.0f} %"),
        ("broker's memory, at most", f"{report.broker_kb / 1024:.1f} MB"),
    ]
    return markdown(["fleet", ""], [[name, value] for name, value in rows])


def _latency(latency: Latency) -> str:
    return (
        f"p50 {latency.p50_ms:.1f} ms, p99 {latency.p99_ms:.1f} ms, "
        f"most {latency.most_ms:.0f} ms, of {latency.count}"
    )

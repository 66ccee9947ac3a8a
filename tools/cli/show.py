"""How the commands speak: findings with a mark, problems with what to do about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from tools.board.error import BoardError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def _marks(console: Console) -> tuple[str, str, str]:
    if (console.encoding or "").lower().startswith("utf"):
        return "✓", "!", "✗"
    return "ok", "!", "x"


def good(text: str) -> None:
    out.print(f"[green]{_marks(out)[0]}[/green] ", end="")
    out.print(text, markup=False)


def note(text: str) -> None:
    out.print(f"[yellow]{_marks(out)[1]}[/yellow] ", end="")
    out.print(text, markup=False)


def problem(text: str, advice: str = "") -> None:
    err.print(f"[red]{_marks(err)[2]}[/red] ", end="")
    err.print(text, markup=False)
    if advice:
        err.print(f"  {advice}", markup=False, style="yellow")


def fault(error: BoardError) -> None:
    problem(error.problem, error.advice)


def plain(text: str) -> None:
    """As it is, whatever the width: to be copied, or read by a program."""
    out.print(text, markup=False, soft_wrap=True)


def transfer() -> Progress:
    """A bar for bytes that go over the cable."""
    return Progress(
        TextColumn("{task.description:<28.28}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=out,
        transient=True,
    )


@contextmanager
def count(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for files that go over the cable: call it with (done, of)."""
    columns = (TextColumn("{task.description:<28.28}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)

"""Generated parts of a document: tables, between markers of their own."""

from __future__ import annotations

from pathlib import Path

BEGIN = "<!-- {}: begin -->"
END = "<!-- {}: end -->"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; every column but the first is set flush right."""
    lines = [header, [":---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def replace_between(text: str, name: str, content: str) -> str:
    """The text with what stands between a part's markers replaced; ValueError without them."""
    begin, end = BEGIN.format(name), END.format(name)
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"the document has no markers {begin} … {end}")
    return f"{before}{begin}\n\n{content.strip()}\n\n{end}{after}"


def write_part(path: Path, name: str, content: str) -> None:
    """Replace one generated part of a document."""
    path.write_text(replace_between(path.read_text(), name, content))

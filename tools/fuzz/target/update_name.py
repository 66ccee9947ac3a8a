"""The name of a file of an update: below the slot, and nowhere else."""

from services.web_update import acceptable
from tools.fuzz.target.oracle import text_of


def run(data):
    text = text_of(data)
    if text is None or not acceptable(text):
        return
    depth = 0
    for part in ("a/" + text).split("/"):
        assert part not in ("", ".")
        depth += -1 if part == ".." else 1
        assert depth > 0
    assert text.isascii() if hasattr(text, "isascii") else True
    assert not any(c in text for c in "\\:\0\n *?")

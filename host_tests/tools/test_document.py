"""The generated parts of a document."""

import pytest

from tools import document


def test_only_what_is_between_the_markers_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n<!-- y: begin -->")
    document.write_part(page, "x", "new\n")
    fresh = "a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n<!-- y: begin -->"
    assert page.read_text() == fresh
    document.write_part(page, "x", "new")
    assert page.read_text() == fresh


@pytest.mark.parametrize("name", ["y", "z"])
def test_a_document_without_the_markers_is_left_as_it_is(tmp_path, name):
    page = tmp_path / "page.md"
    text = "a\n<!-- x: begin -->\n<!-- x: end -->\n<!-- y: begin -->\n"
    page.write_text(text)
    with pytest.raises(ValueError, match=f"markers .*{name}: begin"):
        document.write_part(page, name, "new")
    assert page.read_text() == text

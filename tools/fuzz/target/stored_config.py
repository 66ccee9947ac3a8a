"""A board's ``config.json``, read by the tools to be edited."""

from tools.board.config_document import Document


def run(data):
    document = Document(data)
    again = Document(document.encoded())
    assert again.encoded() == document.encoded()
    for line in document.errors():
        assert "accepted" in line
    if document.problem is None:
        assert document.errors() == []

"""Answer on the serial line while the reader runs: ``status`` in, one line of JSON out.

For a person with a cable and no network. It changes nothing and takes nothing else; Ctrl-C
still ends the reader and gives the prompt.
"""

import asyncio

from core import payload

# Begins the answer's line, so that it is told from whatever else is printed.
MARK = "\x1estatus "
_LINE_MAX = 64
# The line carries some 11 characters a ms, and printing blocks while its buffer is full: in
# pieces the beat goes on in between.
_PIECE = 128
_PAUSE_MS = 12


class Console:
    """Reads lines from a stream.

    Args:
        stream: what a person's keys come from, such as ``sys.stdin``.
        sections: function that returns an iterable of (name, value), the members of the status.
        write: function that prints text without adding to it.
    """

    def __init__(self, stream, sections, write):
        self._stream = stream
        self._sections = sections
        self._write = write

    async def run(self):
        """Answer for ever, or until the stream ends."""
        reader = asyncio.StreamReader(self._stream)
        line = ""
        while True:
            piece = await reader.read(1)
            if not piece:
                # No terminal there, and none will come.
                return
            character = _text(piece)
            if character in "\r\n":
                if line.strip() == "status":
                    await self._answer()
                line = ""
            elif len(line) < _LINE_MAX:
                line += character

    async def _answer(self):
        self._write(MARK)
        for piece in payload.pieces(self._sections()):
            text = piece.decode()
            for k in range(0, len(text), _PIECE):
                self._write(text[k : k + _PIECE])
                await asyncio.sleep_ms(_PAUSE_MS)
        self._write("\n")


def _text(piece):
    """Return one character as text; a terminal gives text, a socket bytes."""
    return piece if hasattr(piece, "encode") else chr(piece[0])

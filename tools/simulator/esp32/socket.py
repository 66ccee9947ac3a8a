"""``socket``: the host's own, but names are looked up as on the chip, which blocks.

Names that end in ``.home`` are of the reader's own network, and lead to this machine.
"""

import usocket
from network import look_up
from usocket import *  # noqa: F403

_LOOKUP_US = 30000


def getaddrinfo(host, port, *rest):
    """Return addresses; a numeric one is not looked up.

    Raises:
        OSError: no such name, no network, or name servers that are silent.
    """
    if host and not host[0].isdigit() and host != "localhost":
        look_up(_LOOKUP_US)
        if host.endswith(".home"):
            host = "127.0.0.1"
    return usocket.getaddrinfo(host, port, *rest)

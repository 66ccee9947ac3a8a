"""The captive portal's name server, while set-up is open."""

import socket

from core import captive_dns

_QUESTIONS_AT_ONCE = 8
_DATAGRAM_MAX = 512


def listening(port):
    """Return a socket that takes questions. Raises OSError where the port cannot be had."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])
        server.setblocking(False)
    except OSError:
        server.close()
        raise
    return server


def answer(server, address):
    """Answer the questions that wait, up to a few, with an address of four bytes."""
    for _ in range(_QUESTIONS_AT_ONCE):
        try:
            query, client = server.recvfrom(_DATAGRAM_MAX)
            reply = captive_dns.answer(query, address)
            if reply:
                server.sendto(reply, client)
        except OSError:
            return

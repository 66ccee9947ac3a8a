"""A DNS question at set-up."""

from core import captive_dns

_ADDRESS = b"\xc0\xa8\x04\x01"


def run(data):
    reply = captive_dns.answer(data, _ADDRESS)
    if reply is None:
        return
    assert reply[:2] == data[:2]
    assert reply[2] & 0x80
    assert reply[4:6] == b"\0\1" and reply[8:12] == b"\0\0\0\0"
    end = _skip_name(reply, 12)
    assert reply[12 : end + 4] == data[12 : end + 4]
    if reply[6:8] == b"\0\0":
        assert len(reply) == end + 4
        return
    assert reply[6:8] == b"\0\1"
    assert reply[end : end + 4] == b"\0\1\0\1"
    assert reply[end + 4 :] == b"\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4" + _ADDRESS
    # It fits into what every resolver takes.
    assert len(reply) <= 512


def _skip_name(message, at):
    while message[at]:
        assert message[at] < 64
        at += 1 + message[at]
    assert at - 12 < 255
    return at + 1

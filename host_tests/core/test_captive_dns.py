"""Every name leads to the reader."""

from core.captive_dns import answer

ADDRESS = bytes([192, 168, 4, 1])


def query(name, kind=1, flags=b"\1\0", questions=1):
    labels = b"".join([bytes([len(part)]) + part.encode() for part in name.split(".")])
    counts = bytes([0, questions, 0, 0, 0, 0, 0, 0])
    return b"\x12\x34" + flags + counts + labels + b"\0" + bytes([0, kind, 0, 1])


def test_every_name_has_the_address():
    for name in ("example.com", "connectivitycheck.gstatic.com", "a"):
        asked = query(name)
        reply = answer(asked, ADDRESS)
        assert reply[:2] == asked[:2]
        assert reply[2] & 0x80 and reply[3] & 0x0F == 0
        assert reply[4:8] == b"\0\1\0\1"
        assert reply[12 : len(asked)] == asked[12:]
        assert reply[-4:] == ADDRESS


def test_other_types_have_no_record():
    reply = answer(query("example.com", 28), ADDRESS)
    assert reply[4:8] == b"\0\1\0\0"
    assert reply[-4:] != ADDRESS


def test_what_follows_the_question_is_not_repeated():
    asked = query("example.com")
    assert answer(asked + b"\0\0\x29\x04\xd0", ADDRESS) == answer(asked, ADDRESS)


def test_what_is_no_question_gets_no_answer():
    whole = query("example.com")
    for data in (
        b"",
        b"x",
        whole[:12],
        whole[:-1],
        whole[:16],
        query("example.com", flags=b"\x81\x80"),
        query("example.com", flags=b"\x29\0"),
        query("example.com", questions=0),
        query("example.com", questions=2),
        whole[:12] + b"\xc0\x0c\0\1\0\1",
        whole[:12] + b"\x3f" * 300,
    ):
        assert answer(data, ADDRESS) is None, data

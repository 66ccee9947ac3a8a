"""The owner's password: published vectors, and what is refused."""

from binascii import hexlify, unhexlify

from core import password
from portable import raises


def derive(text, salt, iterations, bout):
    derivation = password.Derivation(text, salt, iterations)
    bouts = 1
    while not derivation.step(bout):
        bouts += 1
    return derivation.key(), bouts


def test_it_is_hmac_sha256():
    # RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
    for key, message, tag in (
        (
            b"\x0b" * 20,
            b"Hi There",
            b"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            b"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ):
        assert hexlify(password.mac(key, message)) == tag


def test_it_is_pbkdf2_hmac_sha256():
    # The vectors of RFC 6070 for SHA-256, as RFC 7914 and others have them.
    for iterations, key in (
        (1, b"120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"),
        (2, b"ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"),
        (4096, b"c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"),
    ):
        assert derive("password", b"salt", iterations, 1000)[0] == unhexlify(key)


def test_the_size_of_the_bouts_does_not_matter():
    keys = {derive("lösenord", b"0123456789abcdef", 50, bout)[0] for bout in (1, 7, 50, 1000)}
    assert len(keys) == 1


def test_no_bout_is_longer_than_asked_for():
    assert derive("password", b"salt", 100, 8)[1] == 13


def test_salt_password_and_iterations_all_matter():
    keys = {
        derive(text, salt, iterations, 100)[0]
        for text in ("password", "Password")
        for salt in (b"a", b"b")
        for iterations in (10, 11)
    }
    assert len(keys) == 8


def test_a_record_is_read_back():
    salt, key = bytes(range(16)), bytes(range(32))
    assert password.unpack(password.pack(salt, key, 4096)) == (salt, key, 4096)


def test_a_record_that_is_none_is_refused():
    whole = password.pack(bytes(16), bytes(32), 4096)
    for record in (b"", whole[:-1], whole + b"\0", b"\2" + whole[1:], whole[:1] + bytes(52)):
        assert "password record" in str(raises(ValueError, password.unpack, record))


def test_equal_looks_at_every_byte():
    assert password.equal(b"", b"")
    assert password.equal(b"abc", b"abc")
    for other in (b"", b"ab", b"abcd", b"xbc", b"axc", b"abx"):
        assert not password.equal(b"abc", other)


def test_what_may_be_a_password():
    for text in ("12345678", "å" * 64, "with a space in it"):
        assert password.acceptable(text), text
    for text in ("", "1234567", "x" * 65, "tab\tinside it", None, 12345678, ["12345678"]):
        assert not password.acceptable(text), text


def test_half_a_surrogate_pair_is_no_password():
    for text in ("\ud800abcdefgh", "abcdefgh\udfff"):
        assert not password.acceptable(text)
    assert password.acceptable("lösen åäö €")


def test_a_record_that_would_take_minutes_to_check_is_refused():
    for iterations in (0, 64 * password.ITERATIONS + 1, (1 << 32) - 1):
        raises(ValueError, password.unpack, password.pack(bytes(16), bytes(32), iterations))

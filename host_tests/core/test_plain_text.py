"""Text from outside: what may be sent on, and what of it is shown."""

from core.plain_text import consists_of, is_plain, shown


def test_letters_of_any_script_are_plain():
    for text in ("", "omnipower", "Åre 2", "\U0001f50c", "\ue000"):
        assert is_plain(text)


def test_control_characters_and_halves_of_pairs_are_not():
    for text in ("a\n", "\0", "\x1f", "\ud800", "\udfff"):
        assert not is_plain(text)


def test_what_is_shown_is_ascii_and_short():
    assert shown("pin", 40) == "pin"
    assert shown("å\n\ud800x", 40) == "???x"
    assert shown("a" * 41, 40) == "a" * 40 + "..."


def test_what_a_text_consists_of():
    assert consists_of("", b"01")
    assert consists_of("0110", b"01")
    for text in ("012", "0\u0660", "\ud800", "0 "):
        assert not consists_of(text, b"01"), text

"""Text from outside: what may be sent on, and what of it is shown."""

from core.plain_text import is_plain, shown


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

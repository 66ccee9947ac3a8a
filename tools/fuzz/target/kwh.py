"""A reading in kWh, as typed from the meter's display."""

from core.energy import READING_MAX_WH, Register, format_kwh, parse_kwh
from tools.fuzz.target.oracle import sound, text_of


def run(data):
    text = text_of(data)
    if text is None:
        return
    register = Register(640)
    register.set_reading("100.5")
    try:
        reading_wh = parse_kwh(text)
    except ValueError as error:
        assert "reading_kwh" in str(error) and "accepted" in str(error)
        sound(str(error))
        _refused(register, text)
        return
    assert 0 <= reading_wh <= READING_MAX_WH
    assert parse_kwh(format_kwh(reading_wh)) == reading_wh
    assert parse_kwh(format_kwh(reading_wh, 3, " ")) == reading_wh
    for decimals in range(3):
        assert reading_wh - 10 ** (3 - decimals) < parse_kwh(format_kwh(reading_wh, decimals))
    if reading_wh >= 100500:
        register.set_reading(text)
        assert register.reading_wh() == reading_wh
        assert register.seed(text) and not register.seed(text)
    else:
        _refused(register, text)


def _refused(register, text):
    try:
        register.set_reading(text)
    except ValueError as error:
        assert "accepted" in str(error)
        assert register.reading_wh() == 100500
    else:
        raise AssertionError("accepted: " + text)

"""Commands from outside: obeyed, or refused in one line with nothing changed."""

from core.command import PAYLOAD_MAX, Commands
from core.energy import Register


def reader():
    register = Register(1000)
    register.set_reading("12345.678")
    return register, Commands(register.set_reading)


def test_a_reading_is_set_in_two_steps():
    register, commands = reader()
    assert commands.run("reading", b"12 400,5").startswith("ok: 12400.500")
    assert register.reading_kwh() == "12345.678"
    assert commands.run("apply", b"PRESS") == "ok: the register is set to 12400.500 kWh"
    assert register.reading_kwh() == "12400.500"


def test_a_reading_is_applied_once():
    register, commands = reader()
    commands.run("reading", b"12400")
    commands.run("apply", b"PRESS")
    register.add(5)
    assert commands.run("apply", b"PRESS").startswith("error: apply: no reading")
    assert register.reading_kwh() == "12400.005"


def test_a_lower_reading_is_refused_and_may_be_given_anew():
    register, commands = reader()
    commands.run("reading", b"1234.5")
    answer = commands.run("apply", b"PRESS")
    assert answer.startswith("error: reading_kwh: 1234.500 is below"), answer
    assert register.reading_kwh() == "12345.678"
    commands.run("reading", b"12345.7")
    assert commands.run("apply", b"PRESS").startswith("ok: ")


def test_one_set_too_high_is_lowered_with_intent():
    register, commands = reader()
    assert commands.run("apply_lower", b"PRESS").startswith("error: apply_lower: no reading")
    commands.run("reading", b"1234.5")
    assert commands.run("apply_lower", b"yes").startswith("error: apply_lower: 'yes'")
    assert register.reading_kwh() == "12345.678"
    assert commands.run("apply_lower", b"PRESS") == "ok: the register is set to 1234.500 kWh"
    assert register.reading_kwh() == "1234.500"
    # The intent was for that reading alone.
    commands.run("reading", b"1000")
    assert commands.run("apply", b"PRESS").startswith("error: reading_kwh: 1000.000 is below")


def test_bad_readings_are_refused_and_leave_the_good_one():
    register, commands = reader()
    commands.run("reading", b"12400")
    for payload in (
        b"",
        b"kWh",
        b"-5",
        b"1e9",
        b"123456789",
        b"1.2345",
        b"1.2.3",
        b"nan",
        b"0x10",
        b"\x00",
        b"\xff\xfe",
        b"9" * (PAYLOAD_MAX + 1),
    ):
        answer = commands.run("reading", payload)
        assert answer.startswith("error: "), (payload, answer)
        assert len(answer) < 200
    assert commands.reading == "12400.000"
    assert register.reading_kwh() == "12345.678"


def test_apply_takes_only_the_press_of_the_button():
    register, commands = reader()
    commands.run("reading", b"12400")
    for payload in (b"", b"press", b"PRESS ", b"12400", b"\xf0"):
        assert commands.run("apply", payload).startswith("error: "), payload
    assert register.reading_kwh() == "12345.678"


def test_an_unknown_command_is_refused_with_those_there_are():
    _, commands = reader()
    assert (
        commands.run("erase", b"PRESS")
        == "error: no such command; accepted: reading, apply, apply_lower"
    )


def test_an_overlong_payload_is_refused_by_its_length():
    _, commands = reader()
    assert "100000 bytes; accepted: up to 32" in commands.oversized("reading", 100000)

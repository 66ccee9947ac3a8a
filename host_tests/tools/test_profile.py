"""Load profiles: exact integrals, and messages that say where a file is wrong."""

import gzip

import pytest

from tools.simulator.meter import VirtualMeter
from tools.simulator.profile import MINUTE_US, LoadProfile, ProfileError, load_profile
from tools.simulator.settings import MeterSettings


def test_household_pulses_equal_the_integral_of_its_load():
    profile = load_profile("household_2007-02")
    meter = VirtualMeter(MeterSettings(), profile)
    minutes = len(profile.minute_powers_w)
    meter.advance(minutes * MINUTE_US)
    assert minutes == 2 * 24 * 60
    assert meter.pulses == sum(profile.minute_powers_w) // 60
    assert meter.display == "12436.176 kWh"


@pytest.mark.parametrize("imp_per_kwh", [1, 500, 2_000])
def test_pulses_follow_the_meter_constant(imp_per_kwh):
    profile = load_profile("household_2007-02")
    settings = MeterSettings(imp_per_kwh=imp_per_kwh, pulse_width_us=20_000)
    meter = VirtualMeter(settings, profile)
    meter.advance(len(profile.minute_powers_w) * MINUTE_US)
    assert meter.pulses == sum(profile.minute_powers_w) * imp_per_kwh // 60_000


def test_profile_starts_over_when_it_ends():
    profile = LoadProfile("two minutes", (100, 200))
    powers = [profile.power_w(minute * MINUTE_US + 59_999_999) for minute in range(5)]
    assert powers == [100, 200, 100, 200, 100]


def test_pulse_falls_on_the_first_microsecond_that_completes_it():
    # 7 W: one Wh takes 3.6e9 / 7 = 514 285 714.29 µs.
    meter = VirtualMeter(MeterSettings(profile="constant:7"))
    meter.advance(514_285_714)
    assert meter.pulses == 0
    assert meter.advance(514_285_715) == [(514_285_715, 0, 1)]


def test_steps_cover_no_load_to_the_largest_fuse():
    powers = load_profile("steps").minute_powers_w
    assert {0, 3, 100, 1_000, 3_000, 11_000, 69_000} == set(powers)


def test_csv_file_plain_and_compressed(tmp_path):
    text = "# by hand\nminute,power_w\n0,10\n1, 20\n\n2,30\n"
    plain = tmp_path / "load.csv"
    plain.write_text(text)
    packed = tmp_path / "load.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert load_profile(str(plain)).minute_powers_w == (10, 20, 30)
    assert load_profile(str(packed)).fingerprint == load_profile(str(plain)).fingerprint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rows, accepted a header minute,power_w and 1 row or more"),
        ("minute,power_w\n", "no rows"),
        ("time;kw\n", "line 1: header is 'time;kw', accepted minute,power_w"),
        ("minute,power_w\n0\n", "line 2: 1 fields, accepted 2"),
        ("minute,power_w\n0,1\n2,1\n", "line 3: field minute is '2', accepted 1"),
        ("# c\nminute,power_w\n0,x\n", "line 3: field power_w is 'x', accepted a whole number"),
        ("minute,power_w\n0,-5\n", "field power_w is '-5'"),
        ("minute,power_w\n0,1.5\n", "field power_w is '1.5'"),
        ("minute,power_w\n0,100001\n", "0 to 100000"),
        ("minute,power_w\n0,\n", "field power_w is ''"),
    ],
)
def test_bad_file_is_named_with_line_field_and_range(tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ProfileError) as caught:
        load_profile(str(path))
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("no_such_profile", "no such file; accepted is household_2007-02, steps"),
        ("constant:much", "accepted after 'constant:' is a whole number of watts, 0 to 100000"),
        ("constant:-1", "accepted after 'constant:'"),
    ],
)
def test_bad_name(spec, message):
    with pytest.raises(ProfileError, match=message):
        load_profile(spec)


def test_unreadable_file(tmp_path):
    path = tmp_path / "load.csv.gz"
    path.write_bytes(b"not gzip")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(str(path))
    path = tmp_path / "load.csv"
    path.write_bytes(b"minute,power_w\n\xff\xfe")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(str(path))


def test_flash_must_leave_dark_between_pulses():
    settings = MeterSettings(profile="constant:69000", pulse_width_us=80_000)
    with pytest.raises(ValueError, match=r"80 ms, accepted is at most 46\.955 ms"):
        settings.check_flash_fits(load_profile(settings.profile))


def test_a_header_of_any_length_is_quoted_in_part(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("\0" * 5000)
    with pytest.raises(ProfileError) as refused:
        load_profile(str(path))
    assert "accepted minute,power_w" in str(refused.value)
    assert len(str(refused.value)) < 600

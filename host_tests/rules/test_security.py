"""What docs/security.md claims, as far as it can be read from the source."""

from pathlib import Path

import pytest

from core import attempts, config, password

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "firmware").rglob("*.py"))


@pytest.mark.parametrize("name", ["webrepl", "CERT_NONE", "CERT_OPTIONAL"])
def test_no_source_has(name):
    assert [str(path) for path in SOURCES if name in path.read_text(encoding="utf-8")] == []


def test_tls_is_checked():
    source = (ROOT / "firmware" / "services" / "mqtt_tls.py").read_text(encoding="utf-8")
    assert "verify_mode = ssl.CERT_REQUIRED" in source


def test_the_figures_are_those_of_the_code():
    assert f"{password.ITERATIONS} iterations" in TEXT
    assert f"{password.SALT_BYTES} bytes" in TEXT
    assert f"{password.LEAST} to {password.MOST}\ncharacters" in TEXT
    assert f"up to {attempts._LONGEST_S // 60} min" in TEXT


def test_every_secret_is_named_and_never_shown():
    assert config.SECRETS == ("wifi.password", "mqtt.password")
    settings = dict(config.defaults())
    for name in config.SECRETS:
        settings[name] = "a secret value"
    assert "a secret value" not in repr(config.shown(settings))

"""The ``Host`` and ``Origin`` headers, a line each."""

from core import origin
from tools.fuzz.target.oracle import text_of


def run(data):
    text = text_of(data)
    if text is None:
        return
    host, _, sent = text.partition("\n")
    local = origin.is_local(host)
    name = origin.host_name(host)
    assert ":" not in name or name.startswith("[")
    if local and not name.startswith("["):
        # What DNS on the internet can resolve is never local.
        ending = name.rpartition(".")[2]
        assert "." not in name or ending.isdigit() or not ending or ending in _LOCAL
    assert origin.is_own(None, host)
    if origin.is_own(sent, host):
        assert sent.strip().lower().endswith("://" + host.strip().lower())


_LOCAL = ("local", "lan", "home", "arpa", "internal", "localdomain")

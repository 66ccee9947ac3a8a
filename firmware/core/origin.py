"""Is a request one that the reader's own page, or a program, made, and not a foreign site?

A site on the internet can make a browser send requests to the reader (cross-site request
forgery), also under a name that resolves to the reader's address (DNS rebinding).
"""

from core.plain_text import consists_of

# Endings that no name on the internet has.
_LOCAL_ENDINGS = (".local", ".lan", ".home", ".home.arpa", ".internal", ".localdomain")


def host_name(host):
    """Return the name in a ``Host`` header without its port, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0]


def is_local(host):
    """Return whether a ``Host`` header names a machine on the local network.

    That is an address, a name without a dot, or one that ends like local names do.
    """
    name = host_name(host)
    if not name:
        return False
    if name.startswith("[") or "." not in name:
        return True
    if consists_of(name, b"0123456789."):
        return True
    return any(name.endswith(ending) for ending in _LOCAL_ENDINGS)


def is_own(origin, host):
    """Return whether an ``Origin`` header, None where there is none, is the page itself."""
    if origin is None:
        return True
    scheme, colon, rest = origin.strip().lower().partition("://")
    return bool(colon) and scheme in ("http", "https") and rest == host.strip().lower()

"""Answer every DNS question with one address, as a captive portal does (RFC 1035)."""

_TYPE_A = b"\0\1"
_CLASS_IN = b"\0\1"
_TTL_S = b"\0\0\0\x0a"


def answer(query, address):
    """Return the reply to a query, or None for what is no plain question.

    Args:
        query: the datagram.
        address: four bytes; given for every name of type A, other types have no record.
    """
    if len(query) < 17 or query[2] & 0xF8 or query[4:6] != b"\0\1":
        return None
    end = 12
    while end < len(query) and query[end]:
        if query[end] > 63:
            return None
        end += 1 + query[end]
    end += 5
    if end > len(query) or end > 12 + 255 + 4:
        return None
    question = query[12:end]
    has_address = question[-4:] == _TYPE_A + _CLASS_IN
    # Response, authoritative, recursion as asked for.
    flags = bytes([0x84 | (query[2] & 1), 0])
    head = query[:2] + flags + b"\0\1" + (b"\0\1" if has_address else b"\0\0") + b"\0\0\0\0"
    if not has_address:
        return head + question
    # The name is the one at offset 12, where the question has it.
    return head + question + b"\xc0\x0c" + _TYPE_A + _CLASS_IN + _TTL_S + b"\0\4" + address

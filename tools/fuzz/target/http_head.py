"""The head of an HTTP request."""

from core import http_head
from tools.fuzz.target.oracle import clear

_STATUSES = (400, 413, 414, 431, 501)


def run(data):
    whole = _end(data)
    # However it arrives, it ends in the same place or is refused.
    if not isinstance(whole, http_head.BadHead):
        for cut in (1, len(data) // 2, len(data) - 1):
            part = _end(data[:cut])
            if not isinstance(part, http_head.BadHead):
                assert part in (0, whole)
    head = data if not whole or isinstance(whole, http_head.BadHead) else data[:whole]
    try:
        length = http_head.check(head)
    except http_head.BadHead as refusal:
        _refusal(refusal)
        return
    assert 0 <= length <= http_head.BODY_MAX


def _end(data):
    try:
        end = http_head.end(data)
    except http_head.BadHead as refusal:
        _refusal(refusal)
        return refusal
    assert 0 <= end <= min(len(data), http_head.HEAD_MAX)
    return end


def _refusal(refusal):
    assert refusal.status in _STATUSES
    clear(refusal.text)

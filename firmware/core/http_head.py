"""The head of an HTTP request: what is refused before anything else looks at it.

Every check here is one that the application behind it need not survive.
"""

LINE_MAX = 1024
HEAD_MAX = 4096
HEADERS_MAX = 40
BODY_MAX = 4096

_TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS")


class BadHead(Exception):
    """A head that is refused.

    Attributes:
        status: HTTP status code.
        text: one line that names what is wrong and what is accepted.
    """

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
        self.text = text


def end(data):
    """Return where the head in ``data`` ends, blank line included, or 0 while it is not whole.

    Raises:
        BadHead: it can no longer become an acceptable one.
    """
    at = data.find(b"\r\n\r\n")
    if at >= 0 and at + 4 <= HEAD_MAX:
        return at + 4
    line = data.find(b"\r\n")
    if (len(data) if line < 0 else line) > LINE_MAX:
        raise BadHead(414, "request line: too long; accepted: up to {} bytes".format(LINE_MAX))
    if at >= 0 or len(data) >= HEAD_MAX:
        raise BadHead(431, "head: too long; accepted: up to {} bytes".format(HEAD_MAX))
    return 0


def check(head):
    """Check a whole head and return the length of the body that follows, in bytes.

    Raises:
        BadHead: malformed, too large, or something this server does not do.
    """
    lines = head.split(b"\r\n")
    _check_request_line(lines[0])
    headers = lines[1:-2]
    if len(headers) > HEADERS_MAX:
        raise BadHead(431, "headers: too many; accepted: up to {}".format(HEADERS_MAX))
    length = None
    for line in headers:
        if len(line) > LINE_MAX:
            raise BadHead(431, "header: too long; accepted: up to {} bytes".format(LINE_MAX))
        name, colon, value = line.partition(b":")
        if not colon or not name or not all(byte in _TOKEN for byte in name):
            raise BadHead(400, "header: malformed; accepted: name: value")
        if not _is_text(value):
            raise BadHead(400, "header: not printable; accepted: UTF-8 text")
        name = name.lower()
        if name == b"transfer-encoding":
            raise BadHead(501, "transfer-encoding: not accepted; accepted: content-length")
        if name == b"content-length":
            if length is not None:
                raise BadHead(400, "content-length: given twice; accepted: once")
            length = _length(value.strip())
    return length or 0


def _check_request_line(line):
    if len(line) > LINE_MAX:
        raise BadHead(414, "request line: too long; accepted: up to {} bytes".format(LINE_MAX))
    parts = line.split(b" ")
    if len(parts) != 3 or parts[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise BadHead(400, "request line: malformed; accepted: METHOD /path HTTP/1.1")
    method, target, _ = parts
    if method not in _METHODS:
        raise BadHead(501, "method: unknown; accepted: GET, HEAD, POST, PUT")
    if not target.startswith(b"/") or not all(32 < byte < 127 for byte in target):
        raise BadHead(400, "path: malformed; accepted: ASCII that begins with /")
    if not _escapes_are_whole(target):
        raise BadHead(400, "path: malformed escape; accepted: % and two hexadecimal digits")


def _escapes_are_whole(target):
    hexadecimal = b"0123456789abcdefABCDEF"
    plain = bytearray()
    i = 0
    while i < len(target):
        byte = target[i]
        if byte == 37:
            code = target[i + 1 : i + 3]
            if len(code) < 2 or code[0] not in hexadecimal or code[1] not in hexadecimal:
                return False
            byte = int(code.decode(), 16)
            i += 2
        plain.append(byte)
        i += 1
    return _is_utf8(plain)


def _is_text(value):
    return all(byte >= 32 or byte == 9 for byte in value) and _is_utf8(value)


def _is_utf8(data):
    try:
        bytes(data).decode()
    except ValueError:
        return False
    return True


def _length(text):
    if not text or len(text) > 9 or not all(48 <= byte <= 57 for byte in text):
        raise BadHead(400, "content-length: no number; accepted: 0 to {}".format(BODY_MAX))
    length = int(text.decode())
    if length > BODY_MAX:
        raise BadHead(413, "body: too large; accepted: up to {} bytes".format(BODY_MAX))
    return length

"""What a request's head may be."""

from core import http_head
from core.http_head import BadHead
from portable import raises


def head(*lines):
    return "\r\n".join(lines + ("", "")).encode()


def refused(function, data):
    return raises(BadHead, function, data).status


def test_an_ordinary_head_passes():
    data = head("GET /api/v1/status?a=%C3%A5&b=1 HTTP/1.1", "Host: 192.168.1.5", "Accept: */*")
    assert http_head.end(data) == len(data)
    assert http_head.end(data + b"body") == len(data)
    assert http_head.check(data) == 0


def test_the_body_s_length_is_told():
    data = head("PUT /api/v1/config HTTP/1.1", "Host: x", "content-LENGTH:  4096 ")
    assert http_head.check(data) == 4096


def test_a_head_that_is_not_whole_waits():
    data = head("GET / HTTP/1.1", "Host: x")
    for length in range(len(data)):
        assert http_head.end(data[:length]) == 0


def test_a_request_line_is_bounded_before_it_ends():
    assert refused(http_head.end, b"GET /" + b"x" * http_head.LINE_MAX) == 414
    assert refused(http_head.end, b"GET /" + b"x" * http_head.LINE_MAX + b" HTTP/1.1\r\n") == 414


def test_a_head_is_bounded_before_it_ends():
    line = b"X: " + b"y" * 500 + b"\r\n"
    data = b"GET / HTTP/1.1\r\n" + line * 9
    assert refused(http_head.end, data) == 431
    assert refused(http_head.end, data + b"\r\n") == 431


def test_headers_are_counted_and_measured():
    many = ["X-{}: y".format(i) for i in range(http_head.HEADERS_MAX + 1)]
    assert refused(http_head.check, head("GET / HTTP/1.1", *many)) == 431
    assert http_head.check(head("GET / HTTP/1.1", *many[1:])) == 0
    assert refused(http_head.check, head("GET / HTTP/1.1", "X: " + "y" * 1024)) == 431


def test_malformed_request_lines_are_refused():
    for line, status in (
        ("", 400),
        ("GET", 400),
        ("GET /", 400),
        ("GET / HTTP/2.0", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET / x HTTP/1.1", 400),
        ("get / HTTP/1.1", 501),
        ("BREW / HTTP/1.1", 501),
        ("GET http://elsewhere/ HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET /\x7f HTTP/1.1", 400),
        ("GET /å HTTP/1.1", 400),
        ("GET /% HTTP/1.1", 400),
        ("GET /%2 HTTP/1.1", 400),
        ("GET /%zz HTTP/1.1", 400),
        ("GET /?a=%ff HTTP/1.1", 400),
        ("GET /?a=%c3 HTTP/1.1", 400),
    ):
        assert refused(http_head.check, head(line)) == status, line


def test_malformed_headers_are_refused():
    for line in (": no name", "no colon", "two words: x", "Host : x", " folded", "X: \x00", "å: x"):
        assert refused(http_head.check, head("GET / HTTP/1.1", line)) == 400, line


def test_a_header_that_is_no_text_is_refused():
    assert refused(http_head.check, b"GET / HTTP/1.1\r\nX: \xff\xfe\r\n\r\n") == 400


def test_lengths_that_are_none_are_refused():
    for text, status in (
        ("", 400),
        ("-5", 400),
        ("+5", 400),
        ("0x10", 400),
        ("5 5", 400),
        ("1e3", 400),
        ("4097", 413),
        ("999999999", 413),
        ("9999999999", 400),
    ):
        data = head("PUT / HTTP/1.1", "Content-Length: " + text)
        assert refused(http_head.check, data) == status, text


def test_two_lengths_could_mean_two_requests():
    data = head("PUT / HTTP/1.1", "Content-Length: 5", "Content-Length: 5")
    assert refused(http_head.check, data) == 400


def test_a_body_in_chunks_is_refused():
    assert refused(http_head.check, head("PUT / HTTP/1.1", "Transfer-Encoding: chunked")) == 501


def test_what_is_refused_is_told():
    error = raises(BadHead, http_head.check, head("PUT / HTTP/1.1", "Content-Length: 5000"))
    assert error.text == "body: too large; accepted: up to 4096 bytes"

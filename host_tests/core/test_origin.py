"""Whose request is it?"""

from core import origin


def test_addresses_and_local_names_are_local():
    for host in (
        "192.168.1.5",
        "192.168.1.5:8080",
        "[fe80::1]:80",
        "omnipower",
        "OMNIPOWER.local",
        "omnipower.lan:80",
        "reader.home.arpa",
        "localhost:8080",
    ):
        assert origin.is_local(host), host


def test_names_on_the_internet_are_not():
    for host in (
        "",
        " ",
        ":80",
        "evil.example",
        "omnipower.evil.example",
        "192.168.1.5.evil.example",
        "omnipower.local.evil.example:80",
        "notlocal.xlan",
    ):
        assert not origin.is_local(host), host


def test_a_request_without_an_origin_is_no_page_s():
    assert origin.is_own(None, "192.168.1.5")


def test_the_own_page_is_the_same_name_and_port():
    assert origin.is_own("http://192.168.1.5", "192.168.1.5")
    assert origin.is_own("http://Omnipower.local:8080", "omnipower.local:8080")
    for other in (
        "",
        "null",
        "192.168.1.5",
        "http://192.168.1.5:81",
        "http://192.168.1.50",
        "http://192.168.1.5.evil.example",
        "http://evil.example",
        "file://192.168.1.5",
    ):
        assert not origin.is_own(other, "192.168.1.5"), other


def test_a_scheme_alone_is_no_origin():
    for sent in ("http", "https", "http:"):
        assert not origin.is_own(sent, "")

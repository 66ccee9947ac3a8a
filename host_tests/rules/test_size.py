"""What application, libraries and page take of the flash; see docs/memory.md."""

import zlib

import pytest

from tools import build_www
from tools import compile as compiler


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    target = tmp_path_factory.mktemp("mpy")
    assert compiler.compile_all(target) == []
    compiler.pack_all(target)
    build_www.build(compiler.PAGE)
    return compiler.sizes(target)


def test_every_part_is_weighed(parts):
    assert all(parts.values()), parts


def test_the_application_is_within_its_budget(parts):
    assert sum(parts.values()) <= compiler.BUDGET, compiler.verdict(parts)


@pytest.mark.parametrize(
    ("used", "words"),
    [(compiler.BUDGET, "within the budget"), (compiler.BUDGET + 1, "over the budget")],
)
def test_the_verdict_says_which_side_of_the_budget(used, words):
    assert words in compiler.verdict({"all": used})


@pytest.mark.parametrize("size", [0, 1, 255, 257, 2048, 2049, 4096, 4097, 20000])
def test_what_is_packed_inflates_with_a_window_that_a_board_can_spare(size):
    byte_code = (b"\x4d\x06\x1f" + bytes(range(200)) * (size // 100 + 1))[:size]
    packed = compiler.packed(byte_code)
    window_bits = (packed[0] >> 4) + 8
    assert window_bits <= 12
    assert zlib.decompress(packed, window_bits) == byte_code

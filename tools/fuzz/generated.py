"""One target under hypothesis: inputs made of parts of known ones, and shrunk when they fail.

python -m tools.fuzz.generated NAME EXAMPLES SEED
"""

from __future__ import annotations

import json
import sys

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from . import corpus, targets

_SIZE_MAX = 600


def inputs(name: str) -> st.SearchStrategy[bytes]:
    """Bytes of any kind, known inputs changed in places, JSON that resembles a document."""
    known = corpus.read(name) or [b""]
    words = [word.encode() for word in targets.by_name(name).words()]
    piece = st.one_of(
        st.binary(max_size=12),
        st.sampled_from(known),
        st.sampled_from(words or [b"\0"]),
        st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.integers(-(1 << 70), 1 << 70).map(lambda number: str(number).encode()),
    )
    kinds = [st.binary(max_size=_SIZE_MAX), st.lists(piece, max_size=6).map(b"".join)]
    kinds.append(st.builds(_changed, st.sampled_from(known), st.integers(0, 99), piece))
    names = [json.loads(word) for word in words if word.startswith(b'"')]
    if names:
        kinds.append(_documents(names).map(lambda document: json.dumps(document).encode()))
    return st.one_of(kinds)


def _changed(data: bytes, at: int, piece: bytes) -> bytes:
    """The input with a piece written over it."""
    place = at * len(data) // 100
    return data[:place] + piece + data[place + len(piece) :]


def _documents(names: list[str]) -> st.SearchStrategy[object]:
    values = st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-2, 70_000),
            st.integers(),
            st.floats(),
            st.text(max_size=70),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(names), inner, max_size=6)
        ),
        max_leaves=12,
    )
    return st.dictionaries(st.sampled_from(names), values, max_size=6)


def main() -> int:
    """Print what came of it as JSON; return 1 after a failure."""
    name, examples, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    run = targets.load(name)
    count = 0
    last = b""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(name))
    def play(data: bytes) -> None:
        nonlocal count, last
        count += 1
        last = data
        run(data)

    try:
        play()
    except Exception as error:
        # The last one played is the smallest that fails.
        print(json.dumps({"inputs": count, "input": repr(last), "error": repr(error)}))
        return 1
    print(json.dumps({"inputs": count}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

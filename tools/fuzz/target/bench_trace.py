"""The bench's traces and truths, fed by whoever has captured something."""

from tools.bench import trace
from tools.fuzz.target.oracle import text_of


def run(data):
    text = text_of(data)
    if text is None:
        return
    try:
        edges = list(trace.parse(text.splitlines()))
    except trace.TraceError as error:
        assert "trace, line" in str(error)
    else:
        assert list(trace.parse(f"{t_us} {level}" for t_us, level in edges)) == edges
    try:
        truth = trace.Truth.from_json(text)
    except trace.TraceError as error:
        assert "truth" in str(error)
    else:
        assert trace.Truth.from_json(truth.to_json()) == truth

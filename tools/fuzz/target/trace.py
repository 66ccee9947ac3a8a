"""A recorded trace, read and played."""

import io

from tools.board.stored_config import core
from tools.fuzz.target.oracle import clear, text_of
from tools.trace import trace_file
from tools.trace.replay import Replay

_DURATION_MAX_US = 20_000_000
_SETTINGS = core("config").defaults()


def run(data):
    text = text_of(data)
    if text is None:
        return
    try:
        trace = trace_file.parse(text.splitlines())
    except trace_file.TraceError as error:
        clear(str(error))
        return
    written = io.StringIO()
    trace_file.write(written, trace)
    assert trace_file.parse(written.getvalue().splitlines()) == trace
    if trace.duration_us < _DURATION_MAX_US and len(trace.records) < 400:
        result = Replay(trace, _SETTINGS).run()
        # The same level twice tells of an edge between, so each line may be a pulse.
        counts = [record.value for record in trace.of(trace_file.COUNT)]
        most = len(trace.of(trace_file.UPPER)) + max(counts, default=0)
        assert 0 <= result.pulses <= most

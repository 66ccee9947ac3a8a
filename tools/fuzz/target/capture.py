"""What a board prints while it captures, as a cable may mangle it."""

from tools.fuzz.target.oracle import clear
from tools.trace import trace_file
from tools.trace.capture_stream import CaptureStream


def run(data):
    records = []
    stream = CaptureStream(records.append)
    half = len(data) // 2
    stream.feed(data[:half])
    stream.feed(data[half:] + b"\n")
    # What is recorded can be read again.
    lines = [trace_file.line(record) for record in records]
    try:
        again = trace_file.parse(lines)
    except trace_file.TraceError as error:
        clear(str(error))
        raise AssertionError(f"recorded what replay refuses: {error}") from error
    assert again.records == records

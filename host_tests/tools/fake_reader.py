"""The reader's end of the wire, and a program that stands in for the firmware.

As a program it takes a boot.json, counts rises of the upper LED, serves the status the
supervisor reads, and remembers its count as the firmware does: in `rtc_memory.bin` at once
and in `flash.json` every 10 s. The key `fake` of the faults makes it misbehave.
"""

import http.server
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path

HELLO = struct.Struct("<QBBBB")
REPLY = struct.Struct("<QH")


class Wire:
    """One connection to the meter."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        hello = HELLO.unpack(self._read(HELLO.size))
        self.now_us, self.levels = hello[0], list(hello[1:4])

    def ask(self, until_us):
        """Edges (t_us, signal, lit) of one reply; `now_us` is how far it reaches."""
        self._socket.sendall(struct.pack("<Q", until_us))
        reached_us, count = REPLY.unpack(self._read(REPLY.size))
        offsets_us = struct.unpack(f"<{count}I", self._read(4 * count))
        codes = self._read(count)
        edges = [
            (self.now_us + offset_us, code >> 1, code & 1)
            for offset_us, code in zip(offsets_us, codes, strict=True)
        ]
        self.now_us = reached_us
        return edges

    def read_to(self, until_us):
        edges = []
        while self.now_us < until_us:
            edges += self.ask(until_us)
        return edges

    def close(self):
        self._socket.close()

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise ConnectionError("the meter closed the connection")
            data += part
        return data


class FakeFirmware:
    BLOCK_US = 20_000

    def __init__(self, boot):
        self.boot = boot
        state_dir = Path(boot["state_dir"])
        self.rtc = state_dir / "rtc_memory.bin"
        self.flash = state_dir / "flash.json"
        self.fault = boot["faults"].get("fake", {})
        self.once = state_dir / "fault_done"
        with (state_dir / "causes.txt").open("a") as file:
            file.write(boot["reset_cause"] + "\n")
        self.pulses = 0
        for path in (self.rtc, self.flash):
            if path.exists():
                self.pulses = json.loads(path.read_text())
                break
        self.lock = threading.Lock()
        self.uptime_us = 0

    def status(self):
        register_wh = round(float(self.boot["register_kwh"]) * 1000) + self.pulses
        return {
            "uptime_ms": self.uptime_us // 1000,
            "register": {"kwh": f"{register_wh / 1000:.3f}", "pulses": self.pulses, "set": True},
            "pulse": {"accepted": self.pulses, "rejected": {"too_short": 0}},
            "supply": {"state": "live", "breaker": "closed"},
        }

    def serve(self):
        firmware = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(firmware.status()).encode()
                self.send_response(200 if self.path == "/api/v1/status" else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.boot["http_port"]), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def run(self):
        if self.fault.get("crash_at_start"):
            raise RuntimeError("the fake firmware was told to crash")
        wire = Wire(self.boot["meter_port"])
        self.serve()
        start_us, start_wall_s = wire.now_us, time.monotonic()
        saved_us = start_us
        while True:
            edges = wire.ask(wire.now_us + self.BLOCK_US)
            self.uptime_us = wire.now_us - start_us
            if pulses := sum(signal == 0 and lit for _, signal, lit in edges):
                self.pulses += pulses
                replace(self.rtc, self.pulses)
            if wire.now_us - saved_us >= 10_000_000:
                saved_us = wire.now_us
                replace(self.flash, self.pulses)
            self.misbehave()
            ahead_s = self.uptime_us / 1e6 / self.boot["speed"] - (time.monotonic() - start_wall_s)
            if ahead_s > 0.002:
                time.sleep(ahead_s)

    def misbehave(self):
        if self.fault and not self.once.exists() and self.uptime_us > 15_000_000:
            self.once.touch()
            if "exit" in self.fault:
                os._exit(self.fault["exit"])
            if "kill" in self.fault:
                os.kill(os.getpid(), signal.SIGKILL)
            self.pulses += self.fault.get("miscount", 0)


def replace(path, value):
    new = path.with_suffix(".tmp")
    new.write_text(json.dumps(value))
    os.replace(new, path)


if __name__ == "__main__":
    FakeFirmware(json.loads(Path(sys.argv[1]).read_text())).run()

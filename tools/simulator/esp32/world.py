"""Virtual time and the hardware below it: pins, edges, and the scheduler of the ESP32 port.

MicroPython on the ESP32 runs ``Pin.irq`` callbacks from a queue of 8, shared with every
other scheduled callback, whenever the interpreter is between two opcodes. A full queue
drops the ninth without a word, and while C code blocks (flash erase, DNS, TLS) nothing is
taken from it, so a callback reads the clock and the pin as they are when it runs. One runs
at a time: what another interrupt queues meanwhile waits. That is what this module imitates;
the firmware above is not told.

Time moves only here. Python code costs next to none of it; idle polls, sleeps and stalls
move it, so a run gives the same result on any machine, at any speed.
"""

import sys

QUEUE_DEPTH = 8
# From edge to callback on an idle interpreter, and how long a short Python callback runs.
LATENCY_US = 40
CALLBACK_US = 25
# Reading a clock takes a little time as well; it also keeps busy-wait loops moving.
CLOCK_READ_US = 1
TICKS_PERIOD = 1 << 30
_TICKS_MASK = TICKS_PERIOD - 1


def _alarm_us(alarm):
    return alarm[0]


class NoEdges:
    """An edge source in which nothing ever happens."""

    def fetch(self, until_us):
        """Return (reached_us, edges): how far the source is known, and its edges so far."""
        return until_us, []


class Scripted:
    """An edge source that plays a list of (t_us, signal, lit), in time order."""

    def __init__(self, edges):
        self._edges = edges
        self._next = 0

    def fetch(self, until_us):
        """Return the edges up to and including ``until_us``."""
        edges = []
        while self._next < len(self._edges) and self._edges[self._next][0] <= until_us:
            edges.append(self._edges[self._next])
            self._next += 1
        return until_us, edges


class World:
    """All state of the imitated board.

    Attributes:
        now_us: virtual time.
        boot_us: virtual time of the last reset; ticks count from it.
        dropped: scheduled callbacks lost to a full queue or to an injected fault.
        wires: output pin to the input pin that a wire leads to.
        powered: False while the board is being prepared: stalls take no time.
        memory_regions: sizes of the regions that ``esp32.idf_heap_info`` tells of.
        at_wake: called whenever the interpreter wakes up, or None.
        at_end: called with the exit code when the chip ends what runs, or None; may kill it.
        at_full: called where the imitation itself finds no memory left in the heap that it shares
            with the firmware, or None; returns whether it gave some back.
    """

    def __init__(self):
        self.memory_regions = []
        self.reset()

    def reset(self, source=None, now_us=0):
        """Start over at ``now_us`` with an edge source; pins and watchers are forgotten."""
        self.source = source or NoEdges()
        self.now_us = now_us
        self.boot_us = now_us
        self.dropped = 0
        self.levels = {}
        self.watchers = {}
        self.wiring = {}
        self.wires = {}
        self.alarms = []
        self.powered = True
        self.at_wake = None
        self.at_end = None
        self.at_full = None
        self.stalls = []
        self.drop_per_million = 0
        self.state_dir = None
        # State of the imitated peripherals, each under a name of its own.
        self.board = {}
        self._random = 1
        self._queue = []
        self._edges = []
        self._edge = 0
        self._known_us = now_us
        self._in_callback = False

    # Wiring ---------------------------------------------------------------------------

    def wire(self, signal, pin, active_low=False, lit=0):
        """Connect an edge source's signal to a GPIO through a comparator."""
        self.wiring[signal] = (pin, 1 if active_low else 0)
        self.levels[pin] = lit ^ self.wiring[signal][1]

    def level(self, pin):
        """Return the GPIO's level now."""
        if self._queue:
            self.between_opcodes()
        self._apply_due(self.now_us)
        return self.levels.get(pin, 0)

    def watch(self, pin, watcher):
        """Have ``watcher(t_us, level)`` called in hardware time at every edge of the GPIO."""
        self.watchers.setdefault(pin, []).append(watcher)

    def set_level(self, pin, level):
        """Drive a GPIO now, as a test or an output pin does."""
        self.drive(pin, self.now_us, level)

    def drive(self, pin, t_us, level):
        """Drive a GPIO, and what is wired to it, in hardware time."""
        for number in (pin, self.wires.get(pin)):
            if number is not None and self.levels.get(number, 0) != level:
                self.levels[number] = level
                for watcher in self.watchers.get(number, ()):
                    watcher(t_us, level)

    # Scheduler ------------------------------------------------------------------------

    def schedule(self, callback, argument):
        """Queue a callback; return False where it was lost."""
        if self.drop_per_million and self._chance(1000000) < self.drop_per_million:
            self.dropped += 1
            return False
        if len(self._queue) >= QUEUE_DEPTH:
            self.dropped += 1
            return False
        while True:
            try:
                self._queue.append((callback, argument))
                return True
            except MemoryError:
                if not self._has_room():
                    raise

    def run_until(self, until_us):
        """Let an idle interpreter sit until ``until_us``: callbacks run soon after edges."""
        while True:
            if self._queue and not self._in_callback:
                # Edges that fall into the latency queue up behind.
                self._apply_due(self.now_us + LATENCY_US)
                self.now_us += LATENCY_US
                self._dispatch()
                continue
            at_us = self._next_us(until_us)
            if at_us is None:
                break
            if at_us > self.now_us:
                self.now_us = at_us
            self._apply_due(self.now_us)
        if until_us > self.now_us:
            self.now_us = until_us

    def stall(self, duration_us):
        """Block the interpreter in C: edges happen, callbacks wait or are lost."""
        if not self.powered:
            return
        self._apply_due(self.now_us + duration_us)
        self.now_us += duration_us
        self.run_until(self.now_us)

    def python_runs(self):
        """Take the injected stalls that are due; called when the interpreter wakes up."""
        for stall in self.stalls:
            if self.now_us >= stall[0]:
                stall[0] = self.now_us + stall[1]
                self.stall(stall[2])
        if self.at_wake:
            self.at_wake()

    def end(self, code):
        """Reset the chip: the process ends with ``code``."""
        if self.at_end:
            self.at_end(code)
        sys.exit(code)

    def inject(self, every_us, duration_us, first_us=None):
        """Stall for ``duration_us`` whenever ``every_us`` has passed, as GC or DNS would."""
        start_us = self.now_us + (every_us if first_us is None else first_us)
        self.stalls.append([start_us, every_us, duration_us])

    def alarm(self, at_us, action):
        """Have ``action(at_us)`` called in hardware time, as a watchdog would."""
        while True:
            try:
                self.alarms.append((at_us, action))
                break
            except MemoryError:
                if not self._has_room():
                    raise
        self.alarms.sort(key=_alarm_us)

    def ticks_us(self):
        """Return us since boot, wrapping, as ``time.ticks_us()`` does."""
        # Most of what an idle firmware does is read the clock: this and the next are one call.
        self.now_us += CLOCK_READ_US
        if self._queue:
            self.between_opcodes()
        return self.now_us - self.boot_us & _TICKS_MASK

    def ticks_ms(self):
        """Return ms since boot, wrapping, as ``time.ticks_ms()`` does."""
        self.now_us += CLOCK_READ_US
        if self._queue:
            self.between_opcodes()
        return (self.now_us - self.boot_us) // 1000 & _TICKS_MASK

    def between_opcodes(self):
        """Run what is queued, as the interpreter does before the next opcode."""
        if self._queue and not self._in_callback:
            self.run_until(self.now_us)

    def _dispatch(self):
        callback, argument = self._queue.pop(0)
        self._apply_due(self.now_us)
        self._in_callback = True
        try:
            callback(argument)
        except Exception as error:
            # The port prints what a callback raises, and goes on.
            sys.print_exception(error)
        finally:
            self._in_callback = False
        self.now_us += CALLBACK_US

    def _chance(self, limit):
        # xorshift: repeatable, and the interpreters here have no seedable random in common.
        x = self._random
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._random = x
        return x % limit

    def _has_room(self):
        """Return whether some memory was given back: a chip's hardware takes none."""
        return self.at_full is not None and self.at_full()

    def _fetch(self, until_us):
        while self._known_us < until_us:
            try:
                reached_us, edges = self.source.fetch(until_us)
            except MemoryError:
                if not self._has_room():
                    raise
                continue
            self._known_us = reached_us
            while edges:
                try:
                    if self._edge:
                        self._edges = self._edges[self._edge :]
                        self._edge = 0
                    self._edges.extend(edges)
                    break
                except MemoryError:
                    if not self._has_room():
                        raise

    def _next_us(self, until_us):
        """Return the time of the next edge or alarm up to ``until_us``, or None."""
        at_us = None
        if self._edge >= len(self._edges):
            self._fetch(until_us)
        if self._edge < len(self._edges) and self._edges[self._edge][0] <= until_us:
            at_us = self._edges[self._edge][0]
        if self.alarms and self.alarms[0][0] <= until_us:
            at_us = self.alarms[0][0] if at_us is None else min(at_us, self.alarms[0][0])
        return at_us

    def _apply_due(self, until_us):
        """Make the hardware's edges and alarms up to ``until_us`` happen."""
        if self._known_us < until_us:
            self._fetch(until_us)
        edges = self._edges
        while self._edge < len(edges) and edges[self._edge][0] <= until_us:
            t_us, signal, lit = edges[self._edge]
            self._edge += 1
            wired = self.wiring.get(signal)
            if wired is None:
                continue
            pin, inverted = wired
            level = lit ^ inverted
            if self.levels.get(pin) == level:
                continue
            self.levels[pin] = level
            for watcher in self.watchers.get(pin, ()):
                watcher(t_us, level)
        while self.alarms and self.alarms[0][0] <= until_us:
            due_us, action = self.alarms.pop(0)
            action(due_us)


world = World()

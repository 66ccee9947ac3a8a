"""``machine`` as far as the firmware uses it, with the ESP32 port's manners."""

import flash
from world import world

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

# Exit codes by which the supervisor knows what happened to the board.
EXIT_HARD_RESET = 3
EXIT_WATCHDOG = 4
EXIT_SOFT_RESET = 5

_causes = {
    "power_on": PWRON_RESET,
    "hard": HARD_RESET,
    "watchdog": WDT_RESET,
    "deepsleep": DEEPSLEEP_RESET,
    "soft": SOFT_RESET,
}
_cause = PWRON_RESET
_CLOCK_FILE = "/rtc_clock.txt"
_MEMORY_FILE = "/rtc_memory.bin"


def set_reset_cause(name):
    """Tell what the next ``reset_cause()`` answers; not part of the real module."""
    global _cause
    _cause = _causes[name]
    RTC._offset_s = None


def reset_cause():
    """Return why the board started. A brown-out looks like a power-on."""
    return _cause


def reset():
    """Reset the chip: the process ends and the supervisor starts it anew."""
    world.end(EXIT_HARD_RESET)


def soft_reset():
    """Restart the interpreter: RTC memory stays."""
    world.end(EXIT_SOFT_RESET)


def unique_id():
    """Return the board's MAC address."""
    return b"\x24\x0a\xc4\x00\x00\x01"


def freq(hz=None):
    """Return the CPU clock in Hz."""
    return 240000000


class Pin:
    """A GPIO; its irq is always soft, whatever one asks for.

    There is one of each: a handler set through one object replaces that of another.
    """

    IN = 1
    OUT = 3
    PULL_UP = 2
    PULL_DOWN = 1
    IRQ_RISING = 1
    IRQ_FALLING = 2

    # What the classic ESP32 has not, or needs for its flash.
    _MISSING = (6, 7, 8, 11, 24, 28, 29, 30, 31)
    _COUNT = 40
    _FIRST_NON_OUTPUT = 34

    def __init__(self, number, mode=-1, pull=-1, value=None):
        if not 0 <= number < self._COUNT or number in self._MISSING:
            raise ValueError("invalid pin")
        if mode == Pin.OUT and number >= self._FIRST_NON_OUTPUT:
            raise ValueError("pin can only be input")
        self.number = number
        if value is not None:
            world.set_level(number, value)

    def value(self, level=None):
        """Return the level, or drive it."""
        if level is None:
            return world.level(self.number)
        world.set_level(self.number, 1 if level else 0)

    __call__ = value

    def on(self):
        """Drive high."""
        self.value(1)

    def off(self):
        """Drive low."""
        self.value(0)

    def irq(self, handler=None, trigger=IRQ_RISING | IRQ_FALLING, wake=None, **extra):
        """Schedule ``handler(pin)`` at edges; there is no hard interrupt on this port."""
        if extra:
            raise TypeError("extra keyword arguments given")
        name = "irq{}".format(self.number)
        if name not in world.board:
            world.watch(self.number, self._edge)
        world.board[name] = (handler, trigger, self)

    def _edge(self, t_us, level):
        handler, trigger, pin = world.board["irq{}".format(self.number)]
        if handler and trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
            world.schedule(handler, pin)


class PWM:
    """A square wave on a GPIO, of which only counters take note: its edges are not played."""

    def __init__(self, pin, freq=5000, duty_u16=32768):
        if pin.number >= Pin._FIRST_NON_OUTPUT:
            raise ValueError("pin can only be input")
        self._name = "pwm{}".format(pin.number)
        world.board[self._name] = freq if duty_u16 else 0

    def deinit(self):
        """Put nothing out any more."""
        world.board[self._name] = 0


class RTC:
    """The real-time clock and its 2048 B of memory, which outlive all but loss of power."""

    MEMORY_MAX = 2048
    _offset_s = None

    @classmethod
    def seconds(cls):
        """Return seconds since 2000; not part of the real class."""
        if cls._offset_s is None:
            cls._offset_s = cls._kept_offset_s()
        return cls._offset_s + world.now_us // 1000000

    @classmethod
    def set_seconds(cls, seconds):
        """Set the clock to seconds since 2000; not part of the real class."""
        cls._offset_s = seconds - world.now_us // 1000000
        flash.replace(world.state_dir + _CLOCK_FILE, str(cls._offset_s))

    @classmethod
    def _kept_offset_s(cls):
        # The clock goes on through every reset but a loss of power.
        if reset_cause() != PWRON_RESET:
            try:
                with open(world.state_dir + _CLOCK_FILE) as file:
                    return int(file.read())
            except (OSError, ValueError):
                pass
        return -(world.boot_us // 1000000)

    def datetime(self, fields=None):
        """Return or set (year, month, day, weekday, hour, minute, second, subsecond)."""
        import time

        if fields is None:
            now = time.gmtime()
            return (now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0)
        year, month, day, _, hour, minute, second, _ = fields
        self.set_seconds(time.mktime((year, month, day, hour, minute, second)))

    def memory(self, data=None):
        """Return the RTC memory, or replace it by up to 2048 B."""
        path = world.state_dir + _MEMORY_FILE
        if data is None:
            try:
                with open(path, "rb") as file:
                    return file.read()
            except OSError:
                return b""
        if len(data) > self.MEMORY_MAX:
            raise ValueError("buffer too long")
        with open(path, "wb") as file:
            file.write(data)


class WDT:
    """The watchdog: at least 1 s, cannot be stopped, resets the chip when not fed.

    There is one: building it again sets a new time-out.
    """

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT doesn't exist")
        if timeout < 1000:
            raise ValueError("WDT timeout too short")
        running = "watchdog" in world.board
        world.board["watchdog"] = [0, timeout * 1000]
        self.feed()
        if not running:
            world.alarm(world.board["watchdog"][0], self._check)

    def feed(self):
        """Put the reset off by the whole time-out."""
        watchdog = world.board["watchdog"]
        watchdog[0] = world.now_us + watchdog[1]

    def _check(self, at_us):
        until_us, timeout_us = world.board["watchdog"]
        if at_us >= until_us:
            print("watchdog: not fed for", timeout_us // 1000, "ms")
            world.now_us = max(world.now_us, at_us)
            world.end(EXIT_WATCHDOG)
        world.alarm(until_us, self._check)

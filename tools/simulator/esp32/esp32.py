"""``esp32``: the pulse counter in hardware, non-volatile storage, and what memory there is."""

import json
from binascii import hexlify, unhexlify

import flash
from rmt import RMT
from world import world

__all__ = ("HEAP_DATA", "NVS", "PCNT", "RMT", "idf_heap_info")

HEAP_DATA = 4

_NVS_NOT_FOUND = (-0x1102, "ESP_ERR_NVS_NOT_FOUND")
_NVS_NOT_ENOUGH_SPACE = (-0x1105, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")
_NVS_INVALID_NAME = (-0x1106, "ESP_ERR_NVS_INVALID_NAME")
_NVS_KEY_TOO_LONG = (-0x1109, "ESP_ERR_NVS_KEY_TOO_LONG")
_NVS_INVALID_LENGTH = (-0x110C, "ESP_ERR_NVS_INVALID_LENGTH")
_NAME_MAX = 15
# Five of the six pages of the port's partition of 24 KiB, 126 entries of 32 B in each.
_NVS_CAPACITY = 5 * 126 * 32
_NVS_ENTRY = 32


def idf_heap_info(capabilities):
    """Return (size, free, largest free piece, least free ever) of each region of memory."""
    return [(size, size // 2, size // 2, size // 2) for size in world.memory_regions]


class PCNT:
    """A pulse counter unit: counts whatever the interpreter does, int16 with limits.

    The counter returns to 0 when it reaches ``max`` or ``min``; the glitch filter drops
    levels shorter than ``filter`` ticks of the 80 MHz clock, at most 1023 (12.8 us). There
    is one of each unit: an object for a unit in use is that unit.

    With ``mode_pin`` the count is held while that pin is at a level. This is imitated for what
    it is used for: a PWM output counted while another pin is at the other level.
    """

    IGNORE = 0
    INCREMENT = 1
    DECREMENT = 2
    NORMAL = 0
    REVERSE = 1
    HOLD = 2
    UNITS = 8

    def __init__(self, id, **kwargs):
        if not 0 <= id < self.UNITS:
            raise ValueError("invalid id")
        name = "pcnt{}".format(id)
        self._unit = world.board.get(name)
        if self._unit is None:
            self._unit = world.board[name] = _Counter()
        self.init(**kwargs)

    def init(self, **kwargs):
        """Configure; ``min``, ``max`` and ``value=0`` reset the counter."""
        for name in kwargs:
            if name not in _ARGUMENTS:
                raise TypeError("extra keyword arguments given")
        if kwargs.get("channel", 0) != 0:
            raise ValueError("channel")
        unit = self._unit
        unit.settle()
        if "mode_pin" in kwargs and "pin" not in kwargs:
            raise ValueError("pin")
        if "pin" in kwargs:
            gate = kwargs.get("mode_pin")
            unit.connect(
                None if kwargs["pin"] is None else kwargs["pin"].number,
                None if gate is None else gate.number,
            )
        if any(name in kwargs for name in _LOGIC):
            # Given one, the others are back at their defaults.
            actions = []
            for name in ("falling", "rising"):
                action = kwargs.get(name, PCNT.IGNORE)
                if not 0 <= action <= PCNT.DECREMENT:
                    raise ValueError(name)
                actions.append(action)
            unit.actions = actions
            holds = []
            for name in ("mode_low", "mode_high"):
                mode = kwargs.get(name, PCNT.NORMAL)
                if not 0 <= mode <= PCNT.HOLD:
                    raise ValueError(name)
                holds.append(mode == PCNT.HOLD)
            unit.holds = holds
        if "filter" in kwargs:
            if not 0 <= kwargs["filter"] <= 1023:
                raise ValueError("filter")
            unit.filter_us = kwargs["filter"] / 80
        if "value" in kwargs:
            if kwargs["value"]:
                raise ValueError("value")
            unit.count = 0
        if "min" in kwargs:
            if not -32768 <= kwargs["min"] <= 0:
                raise ValueError("minimum")
            unit.least = kwargs["min"] or -32768
            unit.count = 0
        if "max" in kwargs:
            if not 0 <= kwargs["max"] <= 32767:
                raise ValueError("maximum")
            unit.most = kwargs["max"] or 32767
            unit.count = 0

    def deinit(self):
        """Stop, clear, and let go of the pin."""
        self._unit.connect(None)
        self._unit.reset()

    def start(self):
        """Count from here on."""
        self._unit.settle()
        self._unit.started = True

    def stop(self):
        """Hold the count."""
        self._unit.settle()
        self._unit.started = False

    def value(self, value=None):
        """Return the count; with 0, reset it as well."""
        unit = self._unit
        unit.settle()
        if value is not None and value != 0:
            raise ValueError("value")
        count = unit.count
        if value is not None:
            unit.count = 0
        return count


_LOGIC = ("rising", "falling", "mode_low", "mode_high")
_ARGUMENTS = ("channel", "pin", "mode_pin", "filter", "min", "max", "value") + _LOGIC


class _Counter:
    """The hardware of one unit."""

    def __init__(self):
        self._watched = set()
        self.pin = None
        self._gate = None
        self.reset()

    def reset(self):
        self.count = 0
        self.started = False
        self.actions = [PCNT.IGNORE, PCNT.IGNORE]
        self.holds = [False, False]
        self._since_us = world.now_us
        self.filter_us = 0
        self.least = -32768
        self.most = 32767
        self._pending = None

    def connect(self, pin, gate=None):
        """Listen to a pin instead of the one before, gated by another one's level or not."""
        self.pin = pin
        self._gate = gate
        self._pending = None
        self._since_us = world.now_us
        if gate is not None:
            self._wave = "pwm{}".format(pin)
            world.watch(gate, lambda t_us, level: gate == self._gate and self._gated(t_us, level))
        elif pin is not None and pin not in self._watched:
            self._watched.add(pin)
            world.watch(pin, lambda t_us, level: self._edge(pin, t_us, level))

    def settle(self):
        """Take what the hardware has seen up to now."""
        if self._gate is not None:
            dark = 1 - world.level(self._gate)
            self._gated(world.now_us, dark)
            return
        if self.pin is not None:
            world.level(self.pin)
        self._commit(world.now_us)

    def _gated(self, t_us, level):
        """Count the PWM's periods since the last change, which is to ``level`` now."""
        since_us = self._since_us
        if t_us < since_us:
            # An edge within the latency of a callback has been played ahead.
            return
        self._since_us = t_us
        if self.holds[1 - level] or not self.started or self.actions[1] != PCNT.INCREMENT:
            return
        hz = world.board.get(self._wave, 0)
        self.count = (self.count + t_us * hz // 1000000 - since_us * hz // 1000000) % self.most

    def _edge(self, pin, t_us, level):
        if pin != self.pin:
            return
        if self._pending is not None and t_us - self._pending[0] < self.filter_us:
            # A level this short never got through the glitch filter: both edges vanish.
            self._pending = None
            return
        self._commit(t_us)
        self._pending = (t_us, level)

    def _commit(self, now_us):
        pending = self._pending
        if pending is None or now_us - pending[0] < self.filter_us:
            return
        self._pending = None
        action = self.actions[pending[1]]
        if not self.started or action == PCNT.IGNORE:
            return
        self.count += 1 if action == PCNT.INCREMENT else -1
        if self.count in (self.least, self.most):
            self.count = 0


class NVS:
    """Non-volatile storage: writes at once, and is erased whole when it cannot be used."""

    _cache = None

    def __init__(self, namespace):
        if len(namespace) > _NAME_MAX:
            raise OSError(*_NVS_INVALID_NAME)
        self._namespace = namespace

    @classmethod
    def _entries(cls):
        if cls._cache is None:
            try:
                with open(cls._path()) as file:
                    cls._cache = json.load(file)
                if not isinstance(cls._cache, dict) or "" in cls._cache:
                    cls._cache = {}
            except (OSError, ValueError):
                # The port erases a partition it cannot read, and goes on empty.
                cls._cache = {}
        return cls._cache

    @staticmethod
    def _path():
        return world.state_dir + "/nvs.json"

    @classmethod
    def _store(cls, size):
        # An entry becomes valid with the last bit written of it, so it is there or it is not.
        if world.board.get("tear") != flash.NOT_DONE:
            flash.replace(cls._path(), cls._cache)
        flash.tears()
        flash.programmed("nvs", size)

    @classmethod
    def forget(cls):
        """Drop what was read, as a reset does; not part of the real class."""
        cls._cache = None

    @classmethod
    def erase_all(cls):
        """Erase the partition; not in the real class."""
        cls._cache = {}
        cls._store(flash.SECTOR)

    @classmethod
    def exhaust(cls):
        """Leave no free page, so that the next boot erases the partition; not in the real class."""
        cls._entries()[""] = 0
        cls._store(0)

    @classmethod
    def _set(cls, key, value, size):
        entries = cls._entries()
        before = entries.get(key)
        entries[key] = value
        if sum([_size(entry) for entry in entries.values()]) > _NVS_CAPACITY:
            if before is None:
                del entries[key]
            else:
                entries[key] = before
            raise OSError(*_NVS_NOT_ENOUGH_SPACE)
        cls._store(size)

    def _key(self, key):
        if len(key) > _NAME_MAX:
            raise OSError(*_NVS_KEY_TOO_LONG)
        return self._namespace + "/" + key

    def _find(self, key, kind):
        found = self._entries().get(self._key(key))
        if not isinstance(found, kind):
            raise OSError(*_NVS_NOT_FOUND)
        return found

    def set_blob(self, key, value):
        """Store bytes under a key of at most 15 characters."""
        data = value.encode() if isinstance(value, str) else bytes(value)
        text = hexlify(data).decode()
        self._set(self._key(key), text, _size(text))

    def get_blob(self, key, buffer):
        """Copy the bytes into ``buffer`` and return their length."""
        data = unhexlify(self._find(key, str))
        if len(data) > len(buffer):
            raise OSError(*_NVS_INVALID_LENGTH)
        buffer[: len(data)] = data
        return len(data)

    def set_i32(self, key, value):
        """Store a 32-bit integer."""
        if not -(1 << 31) <= value < 1 << 31:
            raise OverflowError("overflow converting long int to machine word")
        self._set(self._key(key), value, _NVS_ENTRY)

    def get_i32(self, key):
        """Return a stored integer."""
        return self._find(key, int)

    def erase_key(self, key):
        """Remove a key."""
        if self._entries().pop(self._key(key), None) is None:
            raise OSError(*_NVS_NOT_FOUND)
        NVS._store(_NVS_ENTRY)

    def commit(self):
        """Do nothing: writes are on flash already."""


def _size(value):
    """Return the bytes that an entry takes: whole entries, and for a blob two more."""
    if isinstance(value, int):
        return _NVS_ENTRY
    return _NVS_ENTRY * (2 + (len(value) // 2 + _NVS_ENTRY - 1) // _NVS_ENTRY)

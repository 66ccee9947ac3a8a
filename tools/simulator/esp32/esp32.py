"""``esp32``: the pulse counter in hardware, and non-volatile storage."""

import json
from binascii import hexlify, unhexlify

import flash
from world import world

_NVS_NOT_FOUND = -0x1102
_NVS_INVALID_LENGTH = -0x110C


class PCNT:
    """A pulse counter unit: counts whatever the interpreter does, int16 with limits.

    The counter returns to 0 when it reaches ``max`` or ``min``; the glitch filter drops
    levels shorter than ``filter`` ticks of the 80 MHz clock, at most 1023 (12.8 us).
    """

    IGNORE = 0
    INCREMENT = 1
    DECREMENT = 2
    UNITS = 8

    def __init__(self, id, **kwargs):
        if not 0 <= id < self.UNITS:
            raise ValueError("invalid PCNT unit")
        self._count = 0
        self._started = False
        self._pin = None
        self._rising = self._falling = PCNT.IGNORE
        self._filter_us = 0
        self._min = -32768
        self._max = 32767
        self._pending = None
        self.init(**kwargs)

    def init(self, **kwargs):
        """Configure; ``min``, ``max`` and ``value=0`` reset the counter."""
        for name, value in kwargs.items():
            if name == "pin":
                self._pin = value.number
                world.watch(self._pin, self._edge)
            elif name == "rising":
                self._rising = value
            elif name == "falling":
                self._falling = value
            elif name == "filter":
                if not 0 <= value <= 1023:
                    raise ValueError("filter")
                self._filter_us = value * 1000 // 80 / 1000
            elif name == "min":
                if not -32768 <= value <= 0:
                    raise ValueError("minimum")
                self._min = value or -32768
                self._count = 0
            elif name == "max":
                if not 0 <= value <= 32767:
                    raise ValueError("maximum")
                self._max = value or 32767
                self._count = 0
            elif name == "value":
                if value:
                    raise ValueError("value")
                self._count = 0
            else:
                raise TypeError("extra keyword arguments given")

    def start(self):
        """Count from here on."""
        self._started = True

    def stop(self):
        """Hold the count."""
        self._started = False

    def value(self, value=None):
        """Return the count; with 0, reset it as well."""
        world.level(self._pin)
        self._commit(world.now_us)
        count = self._count
        if value is not None:
            if value:
                raise ValueError("value")
            self._count = 0
        return count

    def _edge(self, t_us, level):
        if self._pending is not None and t_us - self._pending[0] < self._filter_us:
            # A level this short never got through the glitch filter: both edges vanish.
            self._pending = None
            return
        self._commit(t_us)
        self._pending = (t_us, level)

    def _commit(self, now_us):
        pending = self._pending
        if pending is None or now_us - pending[0] < self._filter_us:
            return
        self._pending = None
        action = self._rising if pending[1] else self._falling
        if not self._started or action == PCNT.IGNORE:
            return
        self._count += 1 if action == PCNT.INCREMENT else -1
        if self._count in (self._min, self._max):
            self._count = 0


class NVS:
    """Non-volatile storage: writes at once, and is erased whole when it cannot be used."""

    _cache = None

    def __init__(self, namespace):
        if len(namespace) > 15:
            raise ValueError("namespace")
        self._namespace = namespace

    @classmethod
    def _entries(cls):
        if cls._cache is None:
            try:
                with open(world.state_dir + "/nvs.json") as file:
                    cls._cache = json.load(file)
            except (OSError, ValueError):
                # The port erases a partition it cannot read, and goes on empty.
                cls._cache = {}
        return cls._cache

    @classmethod
    def _store(cls):
        flash.replace(world.state_dir + "/nvs.json", json.dumps(cls._cache))
        flash.programmed("nvs", 128)

    @classmethod
    def forget(cls):
        """Drop what was read, as a reset does; not part of the real class."""
        cls._cache = None

    @classmethod
    def erase_all(cls):
        """Erase the partition, as the port does when it is full; not in the real class."""
        cls._cache = {}
        cls._store()

    def _key(self, key):
        if len(key) > 15:
            raise OSError(-0x1109, "ESP_ERR_NVS_KEY_TOO_LONG")
        return self._namespace + "/" + key

    def set_blob(self, key, value):
        """Store bytes under a key of at most 15 characters."""
        self._entries()[self._key(key)] = hexlify(bytes(value)).decode()
        NVS._store()

    def get_blob(self, key, buffer):
        """Copy the bytes into ``buffer`` and return their length."""
        found = self._entries().get(self._key(key))
        if found is None:
            raise OSError(_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        data = unhexlify(found)
        if len(data) > len(buffer):
            raise OSError(_NVS_INVALID_LENGTH, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(data)] = data
        return len(data)

    def set_i32(self, key, value):
        """Store a 32-bit integer."""
        self._entries()[self._key(key)] = value
        NVS._store()

    def get_i32(self, key):
        """Return a stored integer."""
        found = self._entries().get(self._key(key))
        if not isinstance(found, int):
            raise OSError(_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        return found

    def erase_key(self, key):
        """Remove a key."""
        if self._entries().pop(self._key(key), None) is None:
            raise OSError(_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        NVS._store()

    def commit(self):
        """Do nothing: writes are on flash already."""

"""Where records live: NVS, a littlefs file beside it, and RTC memory between saves.

The port erases all of NVS when it is full or comes from a newer version, and a file system
can be formatted: hence two durable copies of everything.
"""

import os

import esp32
from machine import RTC

_RECORD_MAX = 2048


class NvsStore:
    """Records as blobs in a namespace of NVS; written at once, wear-levelled."""

    name = "nvs"

    def __init__(self, namespace="omnipower"):
        self._nvs = esp32.NVS(namespace)

    def read(self, key):
        """Return the record, or None where there is none."""
        buffer = bytearray(_RECORD_MAX)
        try:
            length = self._nvs.get_blob(key, buffer)
        except OSError:
            return None
        return bytes(buffer[:length])

    def write(self, key, blob):
        """Replace the record. Raises OSError when NVS refuses."""
        self._nvs.set_blob(key, blob)
        self._nvs.commit()


class FileStore:
    """Records as files: written beside, closed, then renamed over the old one."""

    name = "file"

    def __init__(self, directory="."):
        self._directory = directory

    def read(self, key):
        """Return the record, or None where there is none."""
        try:
            with open(self._path(key), "rb") as file:
                return file.read(_RECORD_MAX)
        except OSError:
            return None

    def write(self, key, blob):
        """Replace the record. Raises OSError when the file system refuses."""
        path = self._path(key)
        beside = path + ".tmp"
        with open(beside, "wb") as file:
            file.write(blob)
        os.rename(beside, path)

    def _path(self, key):
        return "{}/{}.rec".format(self._directory, key)


class RtcStore:
    """One record in RTC memory: outlives resets, not loss of power."""

    name = "rtc"

    def __init__(self):
        self._rtc = RTC()

    def read(self, key):
        """Return what the memory holds; the record's CRC tells garbage."""
        return self._rtc.memory() or None

    def write(self, key, blob):
        """Replace the memory's content."""
        self._rtc.memory(blob)


class TextFile:
    """A small text file, replaced whole."""

    def __init__(self, path):
        self._path = path

    def read(self):
        """Return the text, or None where the file is missing or is no text."""
        try:
            with open(self._path) as file:
                return file.read()
        except (OSError, ValueError):
            return None

    def write(self, text):
        """Replace the text. Raises OSError when the file system refuses."""
        with open(self._path + ".tmp", "w") as file:
            file.write(text)
        os.rename(self._path + ".tmp", self._path)

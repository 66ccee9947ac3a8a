"""Records of the history on flash: files of 96, one flash block each, oldest dropped first.

A record has its place by its number: number // 96 is the file, the rest the place in it.
So a record that was torn is written again in the same place, and any record is found
without an index. littlefs makes each append whole or not at all; the record's CRC is for
other file systems, and for worn flash.
"""

import errno
import os

from core.history import SIZE, pack, unpack

PER_FILE = 96
_SUFFIX = ".his"
# Not among the errno module's names; littlefs uses the same number as Linux.
_ENOSPC = 28


class HistoryStore:
    """The last 36 days of records, more or less as the flash has room.

    A month has up to 31, and every restart may cost a further record.

    Args:
        directory: folder for the files; made where it is missing.
        files: how many files of 96 records are kept, 2 or more.

    Attributes:
        last: newest ``Record``, or None.
        dropped: records given up because the flash was full.
        error: what the last write or look at the flash ran into, or None.
    """

    def __init__(self, directory="history", files=36):
        self._directory = directory
        self._files = files
        self._numbers = []
        self.last = None
        self.dropped = 0
        self.error = None

    def load(self):
        """Find out what is there; never raises."""
        self._numbers = []
        self.last = None
        try:
            names = os.listdir(self._directory)
        except OSError:
            names = []
        for name in names:
            digits = name[: -len(_SUFFIX)]
            if name.endswith(_SUFFIX) and digits.isdigit():
                self._numbers.append(int(digits))
        self._numbers.sort()
        for number in reversed(self._numbers):
            for record in self._of_file(number):
                self.last = record
            if self.last:
                break

    def next_sequence(self):
        """Return the number of the record to come after the newest."""
        return self.last.sequence + 1 if self.last else 0

    def first_sequence(self):
        """Return the number of the oldest record there can be."""
        return self._numbers[0] * PER_FILE if self._numbers else self.next_sequence()

    def append(self, record):
        """Write a record; return False where the flash refuses even after making room.

        ``error`` then tells why.
        """
        number = record.sequence // PER_FILE
        blob = pack(record)
        # The file being written must stay, and one more: an empty flash helps nobody.
        while True:
            try:
                self._write(number, record.sequence % PER_FILE * SIZE, blob)
                break
            except OSError as error:
                self.error = "history: {}".format(error)
                full = error.errno == _ENOSPC
                if not full or not self._numbers or self._numbers[0] == number:
                    return False
                self.dropped += PER_FILE
                if not self._drop_oldest():
                    return False
        self.error = None
        self.last = record
        if number not in self._numbers:
            self._numbers.append(number)
            while len(self._numbers) > self._files and self._drop_oldest():
                pass
        return True

    def read(self, sequence):
        """Return the record of a number, or None."""
        blob = bytearray(SIZE)
        try:
            with open(self._path(sequence // PER_FILE), "rb") as file:
                file.seek(sequence % PER_FILE * SIZE)
                if file.readinto(blob) != SIZE:
                    return None
        except OSError:
            return None
        record = unpack(bytes(blob))
        return record if record and record.sequence == sequence else None

    def after(self, sequence):
        """Return the oldest record with that number or a later one, or None."""
        record = self.read(sequence)
        if record:
            return record
        for record in self.records(sequence):
            return record
        return None

    def records(self, sequence=0):
        """Yield all records from a number on, oldest first, reading a file at a time.

        A file that is dropped meanwhile is passed over.
        """
        for number in list(self._numbers):
            if number < sequence // PER_FILE:
                continue
            for record in self._of_file(number):
                if record.sequence >= sequence:
                    yield record

    def _of_file(self, number):
        try:
            with open(self._path(number), "rb") as file:
                blob = file.read(PER_FILE * SIZE)
        except OSError as error:
            self.error = "history: {}".format(error)
            return
        for place in range(len(blob) // SIZE):
            record = unpack(blob, place * SIZE)
            # A worn or foreign record is no record; those around it are.
            if record and record.sequence == number * PER_FILE + place:
                yield record

    def _write(self, number, offset, blob):
        path = self._path(number)
        try:
            self._write_at(path, "r+b", offset, blob)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            self._make_directory()
            self._write_at(path, "w+b", offset, blob)

    def _write_at(self, path, mode, offset, blob):
        with open(path, mode) as file:
            file.seek(offset)
            file.write(blob)

    def _make_directory(self):
        try:
            os.mkdir(self._directory)
        except OSError as error:
            if error.errno != errno.EEXIST:
                raise

    def _drop_oldest(self):
        number = self._numbers.pop(0)
        try:
            os.remove(self._path(number))
        except OSError as error:
            if error.errno != errno.ENOENT:
                self._numbers.insert(0, number)
                self.error = "history: {}".format(error)
                return False
        return True

    def _path(self, number):
        return "{}/{:08d}{}".format(self._directory, number, _SUFFIX)

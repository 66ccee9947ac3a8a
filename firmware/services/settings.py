"""Load the configuration, and remember the last one that was good."""

from core import config


class Settings:
    """The settings in force, and where they came from.

    Args:
        file: ``TextFile`` of ``config.json``.
        last_good: ``TextFile`` of the copy kept of the last file that validated.
    """

    def __init__(self, file, last_good):
        text = file.read()
        kept = last_good.read()
        self.values, self.source, self.errors = config.choose(text, kept)
        if self.source == config.FILE and text != kept:
            try:
                last_good.write(text)
            except OSError as error:
                self.errors.append("config.json: its copy could not be kept: {}".format(error))

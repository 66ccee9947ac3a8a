"""Load the configuration, and remember the last one that was good."""

from core import config


class Settings:
    """The settings in force, and where they came from.

    Args:
        file: ``TextFile`` of ``config.json``.
        last_good: ``TextFile`` of the copy kept of the last file that validated.
        has_pin: function that tells whether this chip has a GPIO. The schema knows those of
            all chips, and a driver that cannot be built would be the end of counting.
    """

    def __init__(self, file, last_good, has_pin):
        text = file.read()
        kept = last_good.read()
        self._has_pin = has_pin
        self.values, self.source, self.errors = config.choose(text, kept)
        refused = self._pins_refused(self.values)
        if refused:
            self.errors = self.errors + refused
            self.values, self.source, _ = config.choose(None, kept)
        if self._pins_refused(self.values):
            self.values, self.source = config.defaults(), config.DEFAULTS
        if self.source == config.FILE and text != kept:
            try:
                last_good.write(text)
            except OSError as error:
                self.errors.append("config.json: its copy could not be kept: {}".format(error))

    def _pins_refused(self, values):
        return [
            config.refusal(name, values[name], "a GPIO that this chip has")
            for name, field in config.SCHEMA.items()
            if field[0] == config.PIN and not self._fits(values[name])
        ]

    def _fits(self, pin):
        return pin is None or self._has_pin(pin)

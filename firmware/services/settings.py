"""Load the configuration, remember the last one that was good, and change it on request."""

import json

from services import on_demand


class Settings:
    """The settings in force, and where they came from.

    Args:
        file: ``TextFile`` of ``config.json``.
        last_good: ``TextFile`` of the copy kept of the last file that validated.
        has_pin: function that tells whether this chip has a GPIO. The schema knows those of
            all chips, and a driver that cannot be built would be the end of counting.
        machine: as in ``sys.implementation._machine``; what is default depends on the chip.
    """

    def __init__(self, file, last_good, has_pin, machine=""):
        self._file = file
        self._last_good = last_good
        self._machine = machine
        config = self._config()
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

    def _config(self):
        """Return the schema; it is needed at the start, and when someone looks or changes."""
        config = on_demand.need("core.config")
        config.suit(self._machine)
        return config

    def shown(self):
        """Return what ``/api/v1/config`` answers: what is in force, and no secrets."""
        values, secrets = self._config().shown(self.values)
        return {
            "source": self.source,
            "errors": self.errors,
            "values": values,
            "secrets": secrets,
        }

    def change(self, document):
        """Put the fields of ``document`` into ``config.json``; they apply after a restart.

        Fields left out stay as the file has them, or, where that is faulty, the last good one.

        Returns:
            Errors, one line per fault; with any, nothing was changed.

        Raises:
            OSError: the file could not be written.
        """
        config = self._config()
        changed, errors = config.merge(self._document(), document)
        if not errors:
            values, errors = config.validate(changed)
            errors = errors or self._pins_refused(values)
        if not errors:
            self._file.write(json.dumps(changed))
        return errors

    def _document(self):
        for file in (self._file, self._last_good):
            text = file.read()
            if text is not None and not self._config().parse(text)[1]:
                return json.loads(text)
        return {}

    def _pins_refused(self, values):
        config = self._config()
        return [
            config.refusal(name, values[name], "a GPIO that this chip has")
            for name, field in config.SCHEMA.items()
            if field[0] == config.PIN and not self._fits(values[name])
        ]

    def _fits(self, pin):
        return pin is None or self._has_pin(pin)

"""A config.json in the making, checked by the firmware's own schema."""

from __future__ import annotations

import json
from typing import Any

from . import boards, stored_config
from .boards import Board

_YES = ("yes", "y", "true", "ja", "j")
_NO = ("no", "n", "false", "nej")


class Document:
    """The sections of a configuration file, and what is wrong with them.

    `stored`: the file as it is now, or None. `problem`: why that could not be used.
    """

    def __init__(self, stored: bytes | None = None) -> None:
        self._config = stored_config.core("config")
        self._sections: dict[str, dict[str, Any]] = {}
        self.problem: str | None = None
        if stored is None:
            return
        _, errors = stored_config.parse(stored)
        if errors:
            self.problem = errors[0]
        try:
            sections = json.loads(stored)
            self._sections = {
                name: dict(fields) for name, fields in sections.items() if isinstance(fields, dict)
            }
        except (ValueError, AttributeError, RecursionError):
            self.problem = "config.json on the board cannot be read"

    @staticmethod
    def secrets() -> tuple[str, ...]:
        """Fields that are never shown."""
        return tuple(stored_config.core("config").SECRETS)

    @classmethod
    def is_secret(cls, name: str) -> bool:
        return name in cls.secrets()

    def get(self, name: str) -> Any:
        """A field's value, or its default."""
        section, _, field = name.partition(".")
        if field in self._sections.get(section, {}):
            return self._sections[section][field]
        return self._config.SCHEMA[name][1] if name in self._config.SCHEMA else None

    def set_value(self, name: str, value: Any) -> None:
        """Sets a field; `errors` tells whether that was a good idea."""
        section, _, field = name.partition(".")
        self._sections.setdefault(section, {})[field] = value

    def set_text(self, name: str, text: str) -> None:
        """Sets a field from what a person typed."""
        self.set_value(name, self._value_of(name, text.strip()))

    def suggest_pins(self, board: Board) -> None:
        """Offers a board's pins where none was chosen yet and the default is another."""
        for role in ("pulse", "breaker", boards.BUTTON):
            chosen = "pin" in self._sections.get(role, {})
            if not chosen and self.get(f"{role}.pin") != board.roles[role]:
                self.set_value(f"{role}.pin", board.roles[role])
        # None is driven unless it is named: lit time is measured where a person ran this.
        if board.pcnt and "clock_pin" not in self._sections.get("pulse", {}):
            self.set_value("pulse.clock_pin", board.roles["reference_clock"])

    def errors(self, board: Board | None = None) -> list[str]:
        """One line per fault."""
        settings, errors = self._config.validate(self._sections)
        if board:
            # First: a board's reason says more than that two fields want the same pin.
            errors = boards.pin_faults({**settings, **self._pins()}, board) or errors
        return list(errors)

    def _pins(self) -> dict[str, Any]:
        """Pins as they are set, whatever else is wrong."""
        return {
            f"{name}.pin": fields["pin"]
            for name, fields in self._sections.items()
            if "pin" in fields
        }

    def error_of(self, name: str, board: Board | None = None) -> str | None:
        """What is wrong with one field alone, or None."""
        section, _, field = name.partition(".")
        alone = {section: {field: self.get(name)}}
        _, errors = self._config.validate(alone)
        mine = [line for line in errors if line.startswith(name + ":")]
        if not mine and board and field == "pin":
            mine = boards.pin_faults({name: self.get(name)}, board)
        return mine[0] if mine else None

    def encoded(self) -> bytes:
        """The file."""
        return (json.dumps(self._sections, indent=2, sort_keys=True) + "\n").encode()

    def _value_of(self, name: str, text: str) -> Any:
        kind = self._config.SCHEMA[name][0] if name in self._config.SCHEMA else None
        if kind == self._config.FLAG and text.lower() in _YES + _NO:
            return text.lower() in _YES
        if isinstance(self._config.SCHEMA.get(name, (None, ""))[1], str):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            # Left as it is: the schema says what it accepts instead.
            return text

"""Saving and restoring the parts of the virtual meter as plain JSON values."""

from __future__ import annotations

import random
from typing import Any, ClassVar


class Resumable:
    """Mixin: the attributes named in `kept` are all that changes as time passes."""

    kept: ClassVar[tuple[str, ...]] = ()

    def state(self) -> dict[str, Any]:
        return {name: _plain(getattr(self, name)) for name in self.kept}

    def restore(self, state: dict[str, Any]) -> None:
        for name in self.kept:
            setattr(self, name, _live(getattr(self, name), state[name]))


def _plain(value: Any) -> Any:
    if isinstance(value, random.Random):
        version, words, gauss = value.getstate()
        return [version, list(words), gauss]
    return list(value) if isinstance(value, list) else value


def _live(current: Any, saved: Any) -> Any:
    if isinstance(current, random.Random):
        version, words, gauss = saved
        current.setstate((version, tuple(words), gauss))
        return current
    return list(saved) if isinstance(current, list) else saved

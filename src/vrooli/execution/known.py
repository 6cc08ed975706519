"""What is made of a definition, made once: a version never changes."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

MOST = 200
"""Versions kept; the one that was not needed for longest goes."""

T = TypeVar("T")


class Known(Generic[T]):
    """By the hash of the definition.

    Args:
        make: from a definition; what it raises is raised again next time.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._made: dict[str, T] = {}

    def of(self, version: str, definition: Any) -> T:
        """What `make` makes of it."""
        made = self._made.pop(version) if version in self._made else self._make(definition)
        self._made[version] = made  # the last one now
        if len(self._made) > MOST:
            del self._made[next(iter(self._made))]
        return made

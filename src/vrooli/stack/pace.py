"""How far something is that takes long, how fast it goes and how long it still takes: a line for
people, which carries the numbers that it says.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from vrooli.core.sizes import rough_size
from vrooli.stack.durations import rough_duration

EVERY = 0.5
"""Seconds between two lines."""

_SHARE = 1000
"""As many lines there are at the most, where the whole is known: who listens may keep them."""


class Measured(str):
    """A line that says how far something is. Whoever knows it by its type can show more than a
    line; to all others it is one like any other.

    Attributes:
        of: what is measured, for people; the line begins with it.
        done: bytes that are done.
        total: of so many; 0 where nobody knows.
    """

    of: str
    done: int
    total: int

    def __new__(cls, text: str, of: str, done: int, total: int) -> "Measured":
        """A line that ends with `text`."""
        line = super().__new__(cls, of + text)
        line.of, line.done, line.total = of, done, total
        return line

    def to_json(self) -> str:
        """One line, of which `line_of` makes the same again."""
        text = self.removeprefix(self.of)
        return json.dumps({"text": text, "of": self.of, "done": self.done, "total": self.total})


def untold(_: str) -> None:
    """Takes a line that nobody waits for."""


def headed(head: str, line: str) -> str:
    """`line` with `head` before it; what is measured stays so."""
    if isinstance(line, Measured):
        return Measured(line.removeprefix(line.of), head + line.of, line.done, line.total)
    return head + line


def line_of(text: str) -> str:
    """What a program of ours wrote: a measured line where it is one, else `text` itself; nothing
    where only half of one is there yet.
    """
    if not text.startswith('{"text": '):
        return text
    try:
        said: Mapping[str, Any] = json.loads(text)
        return Measured(said["text"], said["of"], int(said["done"]), int(said["total"]))
    except (ValueError, KeyError, TypeError):
        return ""


class Pace:
    """Tells how far something is, now and then, and when all is done.

    Args:
        total: bytes of the whole, as far as that is known; 0 where it is not.
        told: takes the lines, measured ones.
        of: what is measured, for people: how the lines begin.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        total: int,
        told: Callable[[str], None],
        of: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._told, self._of, self._clock = total, told, of, clock
        self._begun = self._at = clock()
        self._done = 0

    def __call__(self, done: int) -> None:
        """So many bytes are done by now."""
        now = self._clock()
        soon = now - self._at < EVERY or done - self._done < self._total // _SHARE
        if done <= self._done or (soon and done != self._total):
            return
        self._at, self._done = now, done
        total = self._total if done <= self._total else 0  # it was an estimate
        text = in_words(done, total, now - self._begun)
        self._told(Measured(text, self._of, done, total))


def in_words(done: int, total: int, seconds: float) -> str:
    """How far it is after `seconds`: `45.2 MB of 1.2 GB, 53.1 MB/s, 22 s left`. Pure."""
    rate = done / max(seconds, 0.001)
    said = f"{rough_size(done)} of {rough_size(total)}" if total else rough_size(done)
    left = f", {rough_duration((total - done) / rate)} left" if total > done > 0 else ""
    return f"{said}, {rough_size(rate)}/s{left}"

"""What putting files back would do, found in bounded time: who asks waits."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from vrooli.backup.backups import Backups
from vrooli.backup.files_plan import FilesPlan

COMPARES = 10.0
"""Seconds for comparing all files that are asked about."""

_AGAIN = 0.5
"""Seconds after which it is told once more: where nobody hears exceptions, none ends anything."""

_SHOWN, _LONG = 40, 160
"""Differences that are shown of all files together, and signs of one: an answer is bounded."""

SIGNS = {"~": "changed", "-": "missing", "+": "new", "!": "unread"}
"""What stands before a difference, in words."""


class _OutOfTime(BaseException):
    """No Exception: what is on its way catches it as little as the end of the process."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found of some files.

    Attributes:
        differs: how many, by what they are.
        shown: the first of them.
        whole: whether all were compared.
    """

    plan: FilesPlan
    differs: Counter[str]
    shown: tuple[str, ...]
    whole: bool

    @classmethod
    def at(cls, backups: Backups, which: tuple[str, str], others: int) -> "Looked":
        """Those of a point, by its id and their name, with as much time as is there for each of
        `others`.
        """
        point, name = which
        differs, shown, whole = Counter[str](), list[str](), False
        with _bounded(COMPARES / others):
            for line in backups.differences(point, name):
                differs[SIGNS[line[0]]] += 1
                if len(shown) < _SHOWN // others:
                    shown.append(line if len(line) <= _LONG else f"{line[: _LONG - 3]}...")
            whole = True
        return cls(backups.plan_files(point, name), differs, tuple(shown), whole)

    def to_json(self) -> dict[str, Any]:
        """Keys of a row of the plan."""
        problem = self.plan.refused()
        differs = {word: self.differs[word] for word in SIGNS.values()}
        refused = None
        if problem is not None:
            refused = {"message": problem.said_of(""), "next_step": problem.next_step}
        return {
            "files": {"differs": differs, "whole": self.whole, "shown": list(self.shown)},
            "steps": [line[: 2 * _LONG] for line in self.plan.lines()],
            "refused": refused,
        }


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Leave it after so many seconds, wherever it is; the deadline of the process stays."""

    def over(_: int, __: FrameType | None) -> None:
        raise _OutOfTime

    left, _ = signal.getitimer(signal.ITIMER_REAL)
    begun = time.monotonic()
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    except _OutOfTime:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        rest = left - (time.monotonic() - begun)
        signal.setitimer(signal.ITIMER_REAL, max(0.001, rest) if left else 0)

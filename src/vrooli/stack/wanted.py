"""Which services are meant to run. The operator's will: it survives restarts of the watchdog and of
the machine.
"""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from vrooli.stack.model import AUTOHEAL
from vrooli.stack.wanted_file import WantedFile, Will


class Wanted:
    """The persisted set of services that an operator stopped; whatever is declared and not in it is
    meant to run.

    `paused` is the state before the first `up` and between `down` and `up`: nothing is meant to
    run. What changes the will waits for the disk, which may hang: not for an event loop. The will
    itself changes at once.

    Args:
        path: `wanted.json`.
        stand_in: where it stands while the disk of `path` takes nothing.
    """

    def __init__(self, path: Path, stand_in: Path) -> None:
        self._file = WantedFile(path, stand_in)
        self._changing = threading.Lock()
        self._will = self._file.read()

    @property
    def trouble(self) -> str:
        """Why the will may be forgotten; empty when it stands where it belongs."""
        return self._file.trouble

    @property
    def paused(self) -> bool:
        """Whether nothing at all is meant to run."""
        return self._will.paused

    @property
    def along(self) -> Mapping[str, tuple[str, ...]]:
        """Of what nobody chose to stop: with which services it was stopped."""
        return self._will.along

    def running(self, name: str) -> bool:
        """Whether `name` is meant to run."""
        return not self._will.paused and name not in self._will.stopped

    def start(self, names: Iterable[str], everything: Iterable[str]) -> None:
        """From now on `names` are meant to run. After a `down`, all others of `everything` stay
        stopped, but for the watchdog: the keeper runs it.
        """
        with self._changing:
            others = set(everything) - {AUTOHEAL} if self._will.paused else set()
            before, these = self._will.stopped | others, set(names)
            self._change(Will(before - these, along=_without(self._will.along, these)))

    def stop(self, names: Iterable[str], along: Iterable[str] = ()) -> None:
        """From now on `names` are not meant to run, nor those of `along` that are: nobody chose
        these, they only lose what they need.
        """
        with self._changing:
            will, chosen = self._will, set(names)
            new = set(along) - chosen - will.stopped
            kept = _without(will.along, chosen)
            found = {**kept, **dict.fromkeys(sorted(new), tuple(sorted(chosen)))}
            self._change(Will(will.stopped | chosen | new, will.paused, found))

    def stop_all(self) -> None:
        """From now on nothing is meant to run, until the next start."""
        with self._changing:
            self._change(Will(paused=True))

    def settle(self) -> None:
        """Write down what could not be, when the disk takes it now."""
        with self._changing:
            if self._file.trouble:
                self._file.write(self._will)

    def _change(self, will: Will) -> None:
        before, self._will = self._will, will
        if will != before or self._file.trouble:
            self._file.write(will)


def _without(along: Mapping[str, tuple[str, ...]], names: set[str]) -> dict[str, tuple[str, ...]]:
    return {name: roots for name, roots in along.items() if name not in names}

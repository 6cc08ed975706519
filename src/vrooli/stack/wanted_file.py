"""Where the operator's will is written down, also on a disk that takes nothing now: nobody must be
kept from stopping things by a full disk.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from vrooli.core.errors import DeadlineExceeded
from vrooli.stack.aside import Aside
from vrooli.stack.durable import Spare, write_durably

WRITTEN = 2.0
"""Seconds that the disk gets before it counts as one that takes nothing."""


@dataclass(frozen=True, slots=True)
class Will:
    """What an operator wants: `stopped` not to run, and nothing at all while `paused`. `along`
    tells of those of `stopped` that nobody chose with which services they were stopped.
    """

    stopped: frozenset[str] = frozenset()
    paused: bool = False
    along: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_text(self) -> str:
        """The content of the file."""
        told = {"stopped": sorted(self.stopped), "paused": self.paused}
        along = {name: list(roots) for name, roots in self.along.items()}
        return json.dumps({**told, "along": along} if along else told) + "\n"


class WantedFile:
    """`wanted.json` in the home, and its stand-in in the run folder.

    The ways of a will, each taken when the one before fails: 1. a new file in the home; 2. the room
    that was reserved for it there (a full disk); 3. the stand-in, which outlives our processes and
    not a reboot (a disk that is read-only or hangs); 4. memory alone.

    Attributes:
        trouble: why the latest will does not stand in the home; empty when it does.
    """

    def __init__(self, path: Path, stand_in: Path) -> None:
        self._path, self._stand_in = path, stand_in
        self._spare, self._aside = Spare(path), Aside()
        self.trouble = ""

    def read(self) -> Will:
        """The latest will. Without a file nothing was ever started; a damaged one means that
        nothing was stopped.
        """
        data = _read(self._stand_in)
        if data is not None:
            self.trouble = (
                f"what is meant to run stands in {self._stand_in} and not yet in the home"
            )
        else:
            data = _read(self._path)
        if data is None:
            return Will(paused=True)
        found = frozenset(_names(data.get("stopped")))
        along = data.get("along")
        pairs = along.items() if isinstance(along, dict) else ()
        with_ = {name: _names(roots) for name, roots in pairs if name in found}
        return Will(found, bool(data.get("paused", False)), with_)

    def write(self, will: Will) -> None:
        """Write it down as well as can be; `trouble` says how well. Blocks for 2 s at most."""
        text = will.to_text()
        try:
            # One that hung may come back just now, with an older text.
            while self._aside.ask(str(self._path), lambda: self._store(text), WRITTEN) != text:
                continue
        except OSError as error:
            self._stand_in_for(text, error.strerror or str(error))
        except DeadlineExceeded as error:
            self._stand_in_for(text, error.what)
        else:
            self.trouble = ""

    def _store(self, text: str) -> str:
        if self._stand_in.exists():  # it counts as the newer one until it is gone
            write_durably(self._stand_in, text)
        try:
            write_durably(self._path, text)
        except OSError as refusal:
            try:
                self._spare.use(text)
            except OSError:
                raise refusal from None
        self._stand_in.unlink(missing_ok=True)
        with suppress(OSError):  # no room for it yet: the next will tries again
            self._spare.reserve()
        return text

    def _stand_in_for(self, text: str, why: str) -> None:
        said = f"what is meant to run cannot be written to {self._path} ({why})"
        try:
            write_durably(self._stand_in, text)
        except OSError:
            self.trouble = f"{said}: it is remembered in memory alone"
            return
        self.trouble = f"{said}: until it can, it is remembered in {self._stand_in}, and a reboot "
        self.trouble += "forgets it"


def _names(found: object) -> tuple[str, ...]:
    listed = found if isinstance(found, list) else []
    return tuple(name for name in listed if isinstance(name, str))


def _read(path: Path) -> Mapping[str, object] | None:
    """None when there is no such file, nothing when it is damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}

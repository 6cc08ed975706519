"""Stretches: what a check said, and from when to when. Pure.

One row instead of thousands of results. A stretch begins with the first look that said something
and ends with the last one that still said it; between two stretches lies the change, or a gap in
which nobody looked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

State = Literal["ok", "warning", "critical", "unknown", "starting", "off"]
"""A result's status, where `unknown` is told apart: `starting` answers that it is still coming up,
`off` is not meant to be looked at (stopped by an operator, no meaning on this machine)."""

GRACE = 90.0
"""Seconds that a look holds at least: a watchdog that was killed is back within seconds."""

DUE = 2.5
"""Intervals that a look holds: one may be missed, and be late, before nobody knows any more."""

_SAID: dict[str, State] = {"ok": "ok", "warning": "warning", "critical": "critical"}

WHY = 300
"""Characters of a message that are kept."""


@dataclass(frozen=True, slots=True)
class Said:
    """One result.

    Attributes:
        at: Unix seconds.
        state: what it said.
        every: seconds between two looks of this check, 0 when not known.
        why: its message.
    """

    at: float
    state: State
    every: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Looks in a row that said the same.

    Attributes:
        state: what they said.
        began: the first one, Unix seconds.
        ended: the last one; the same as `began` for a single look.
        every: seconds between two looks when it ended.
        why: the message of the first one.
    """

    state: State
    began: float
    ended: float
    every: float = 0.0
    why: str = ""

    @property
    def patience(self) -> float:
        """Seconds after its end for which it still says how things are."""
        return max(GRACE, DUE * self.every)

    def with_look(self, look: Said) -> "Stretch | None":
        """Longer by `look`; None when that begins a stretch of its own."""
        apart = look.at - self.ended
        if look.state != self.state or not 0 <= apart <= self.patience:
            return None
        return replace(self, ended=look.at, every=look.every)


def begin(look: Said) -> Stretch:
    """The stretch that `look` begins."""
    return Stretch(look.state, look.at, look.at, look.every, look.why)


def said_by(at: float, status: str, data: Mapping[str, Any]) -> Said:
    """The look behind a record of a result."""
    message = str(data.get("message", ""))
    every = data.get("every")
    seconds = float(every) if isinstance(every, int | float) else 0.0
    return Said(at, _state(status, data), seconds, message.partition("\n")[0][:WHY])


def _state(status: str, data: Mapping[str, Any]) -> State:
    if (state := _SAID.get(status)) is not None:
        return state
    if data.get("applicable") is False:
        return "off"
    return "starting" if data.get("starting") is True else "unknown"

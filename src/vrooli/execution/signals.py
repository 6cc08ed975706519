"""Seam: what a step waits for that others send."""

from dataclasses import dataclass
from typing import Any, Protocol

from vrooli.core.errors import VrooliError

NAME = "^[a-z][a-z0-9-]{0,63}$"
"""Of a signal, as a regular expression."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a step waits for.

    Attributes:
        run: id.
        path: of the step.
        attempt: from 1.
        name: of the signal.
    """

    run: str
    path: str
    attempt: int
    name: str


@dataclass(frozen=True, slots=True)
class Signal:
    """One that came.

    Attributes:
        data: any JSON value.
        by: who sent it.
        at: unix seconds.
    """

    data: Any
    by: str
    at: float


def kept_signals(run: str) -> str:
    """In SQL, `name` and `count` of the signals of a run that no step has taken; the first names,
    where there are many.
    """
    return f"""SELECT name, count(*) FROM signals WHERE run = {run} AND path IS NULL
        GROUP BY name ORDER BY name LIMIT 20"""


class Signals(Protocol):
    """Where they are kept until a step takes them."""

    async def take(self, awaited: Awaited) -> Signal | int:
        """The oldest of that name that no step has taken; the same one when it is asked again.
        While there is none, how often something was decided about the run by then.

        Raises:
            VrooliError: it cannot be read or written; `retryable` says whether that may pass.
        """
        ...


class NoSignals:
    """Where none are kept."""

    async def take(self, awaited: Awaited) -> Signal | int:
        """See the port."""
        raise VrooliError(
            "no signal comes here",
            where=awaited.path,
            next_step="a `wait` for a signal needs the server",
        )

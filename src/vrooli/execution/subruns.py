"""Seam: a step that is a run of another routine."""

from dataclasses import dataclass
from typing import Any, Protocol

from vrooli.core.errors import VrooliError
from vrooli.flow.entries import Failure

DEEPEST = 16
"""Runs that lie in each other, the root not counted: a recursion without an end is refused."""

MOST_RUNS = 10_000
"""Runs of one tree."""


@dataclass(frozen=True, slots=True)
class SubRun:
    """What is asked for. The first three name it: asked again, it is the same run.

    Attributes:
        parent: id of the run whose step asks.
        path: of that step.
        attempt: of that step.
        routine: name; its newest version is taken when the run is made.
        inputs: as the routine says.
        budget: as people write it, instead of what the routine says.
    """

    parent: str
    path: str
    attempt: int
    routine: str
    inputs: Any
    budget: Any = None


@dataclass(frozen=True, slots=True)
class SubRunEnd:
    """How it ended.

    Attributes:
        run: its id.
        status: `completed`, `failed` or `cancelled`.
        output: when it completed.
        failure: when it failed.
    """

    run: str
    status: str
    output: Any
    failure: Failure | None


class SubRuns(Protocol):
    """Makes runs within runs, each exactly once."""

    async def to_its_end(self, asked: SubRun) -> SubRunEnd:
        """Start it, unless that was done already, and wait until it has ended.

        Raises:
            StepFailed: it cannot be: `no-routine`, `inputs`, `too-deep`, `too-many`.
        """
        ...

    async def begun(self, asked: SubRun) -> str:
        """Start it, unless that was done already: its id.

        Raises:
            StepFailed: as above.
        """
        ...

    async def fits(self, asked: SubRun) -> None:
        """Nothing, where its routine is there and takes its inputs by now.

        Raises:
            StepFailed: `no-routine`, `inputs`.
        """
        ...

    async def cut(self, run: str, by: str) -> None:
        """End it with all below it, unless it has ended."""
        ...


class NoSubRuns:
    """Where nobody drives runs."""

    async def to_its_end(self, asked: SubRun) -> SubRunEnd:
        """Never."""
        raise VrooliError("there are no sub-runs here", where=asked.routine)

    async def begun(self, asked: SubRun) -> str:
        """Never."""
        raise VrooliError("there are no sub-runs here", where=asked.routine)

    async def fits(self, asked: SubRun) -> None:
        """Never."""
        raise VrooliError("there are no sub-runs here", where=asked.routine)

    async def cut(self, run: str, by: str) -> None:
        """Never."""
        raise VrooliError("there are no sub-runs here", where=run)

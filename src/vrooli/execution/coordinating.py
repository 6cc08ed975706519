"""Seam: a step that is a swarm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from vrooli.core.errors import VrooliError


@dataclass(frozen=True, slots=True)
class Coordinated:
    """A step that coordinates.

    Attributes:
        run: id.
        path: of the step.
        attempt: from 1: each gives what failed as many tries again.
        begun: unix seconds.
        parts: what the swarm is made of, as `swarm_shape.PARTS` says.
    """

    run: str
    path: str
    attempt: int
    begun: float
    parts: Mapping[str, Any]


class Coordinator(Protocol):
    """Has a swarm do what is next."""

    async def cycle(self, swarm: Coordinated) -> Any:
        """What the swarm came to.

        Raises:
            Parked: nothing is to be done until a task ends, somebody says something, or a time has
                come.
            StepFailed: it failed.
        """
        ...


class NobodyCoordinates:
    """Where nobody drives runs."""

    async def cycle(self, swarm: Coordinated) -> Any:
        """Never."""
        raise VrooliError("there are no swarms here", where=swarm.path)

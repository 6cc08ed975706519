"""Making a stack anew from a store and the key alone: what is known at the beginning, and the steps
as a routine. Pure.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from vrooli.backup.point import Part, Point
from vrooli.core.errors import Damaged
from vrooli.flow.model import Routine, SequenceNode, StepNode
from vrooli.flow.template import Template

SYSTEM = "system"
"""Source of the part that has the stack file and the secrets."""

RUN = "recover"
"""Of the journal: there is one run in it."""

LONGEST = 24 * 3600.0
"""Seconds of one step."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for.

    Attributes:
        store: a folder, or a URL.
        key: the file with the identity.
        file: the stack file: one that is there is used, else the point's is put there.
        home: where to; None for where the stack would be brought up.
        wanted: which point.
        endpoint: URL of a server that speaks S3.
        adopt: whether the new home is to write to the stores of the old one.
    """

    store: str
    key: Path
    file: Path
    home: Path | None = None
    wanted: str = "latest"
    endpoint: str = ""
    adopt: bool = False


class Recovery(Protocol):
    """One recovery, as the command asks for it; see `main.backup_recover`."""

    def outlook(self) -> "Outlook":
        """What will be done; nothing is changed."""
        ...

    def run(self, told: Callable[[str], None]) -> float:
        """Do it, or go on with it; seconds since it was first begun.

        Raises:
            Refused: there is not enough room.
            StartFailed: a step failed; the same again goes on with that step.
            Busy: somebody is at it already.
        """
        ...

    def left_out(self) -> tuple[str, ...]:
        """What is in the point and has no place in the stack that was brought up."""
        ...

    def paused(self) -> Mapping[str, str]:
        """Stores that nothing is written to, and why."""
        ...


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run is about, written down before its first step.

    Attributes:
        store: where the points are, as settings of a store; keys by reference.
        point: which one.
        file: where the stack file is, or will be.
        at: when it began, Unix seconds.
    """

    store: Mapping[str, Any]
    point: str
    file: str
    at: float

    def written(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), indent=1)


def beginning_read(text: str, where: str) -> Beginning:
    """The other way round.

    Raises:
        Damaged: it cannot be understood.
    """
    try:
        return Beginning(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise Damaged(
            f"it cannot be understood: {error}",
            where=where,
            next_step="remove the home, which is not whole yet, and begin anew",
        ) from error


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a recovery will do, and what it cannot.

    Attributes:
        point: from which.
        home: into which folder.
        file: the stack file that is used; empty for the built-in stack.
        services: whose data comes back, in this order.
        missing: what does not come back, a line each.
        need, free: bytes.
        again: whether it was begun before.
    """

    point: Point
    home: str
    file: str
    services: tuple[str, ...]
    missing: tuple[str, ...]
    need: int
    free: float
    again: bool


def system_of(point: Point) -> Part | None:
    """The part that has the stack file and the secrets."""
    return next((part for part in point.parts if part.source == SYSTEM), None)


def services_of(point: Point) -> tuple[str, ...]:
    """Whose data is in it; what is nobody's has no service that could be restored."""
    return tuple(part.service for part in point.parts if part.service and part.source != SYSTEM)


def missing_of(point: Point, version: str) -> tuple[str, ...]:
    """What is not in it, a line each."""
    lines = []
    if system_of(point) is None:
        lines += [
            "the stack file is not in it: the one that is here counts, else the built-in stack",
            "no secrets are in it: new ones are made, and whoever was signed in signs in again",
        ]
    if point.by != version:
        lines.append(f"version {point.by} wrote it, and this is {version}")
    return tuple(lines)


def routine_of(point: Point) -> Routine:
    """The steps; each may be done again without harm."""
    restores = [(f"restore-{name}", "restore", name) for name in services_of(point)]
    steps = [
        ("lay", "lay", ""),
        ("system", "system", ""),
        ("resources", "resources", ""),
        *restores,
        ("everything", "everything", ""),
    ]
    nodes = tuple(
        StepNode(id, type, Template({"service": name}), timeout=LONGEST) for id, type, name in steps
    )
    return Routine(RUN, "a stack, made anew", {}, SequenceNode(nodes))

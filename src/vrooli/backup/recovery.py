"""Making a stack anew from a store and the key alone: what is known at the beginning, and the steps
as a routine. Pure.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from vrooli.core.errors import Damaged
from vrooli.flow.model import Routine, SequenceNode, StepNode
from vrooli.flow.template import Template

SYSTEM, FILES = "system", "files"
"""Sources: of the part that has the stack file and the secrets, and of files outside of the home.
"""

RUN = "recover"
"""Of the journal: there is one run in it."""

LONGEST = 24 * 3600.0
"""Seconds of one step."""

STARTS = 10.0
"""Seconds that it takes to start a stack, beside what has data; a guess."""

PACE = 50_000_000.0
"""Bytes a second that are fetched and unpacked, where no proof has shown how long it takes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for.

    Attributes:
        store: a folder, or a URL.
        key: the file with the identity.
        file: the stack file: one that is there is used, else the point's is put there.
        home: where to; None for where the stack would be brought up.
        wanted: exactly which point; `latest` for the newest state of each part.
        endpoint: URL of a server that speaks S3.
        to: a moment: nothing that came later; empty for all there is.
        adopt: whether the new home is to write to the stores of the old one.
    """

    store: str
    key: Path
    file: Path
    home: Path | None = None
    wanted: str = "latest"
    endpoint: str = ""
    to: str = ""
    adopt: bool = False


class Recovery(Protocol):
    """One recovery, as the command asks for it; see `main.backup_recover`."""

    def outlook(self) -> "Outlook":
        """What will be done; nothing is changed."""
        ...

    def run(self, told: Callable[[str], None]) -> Mapping[str, Any]:
        """Do it, or go on with it; the report, see `report`.

        Raises:
            Refused: there is not enough room.
            StartFailed: a step failed; the same again goes on with that step.
            Busy: somebody is at it already.
        """
        ...


@dataclass(frozen=True, slots=True)
class Returning:
    """A part of a point that comes back.

    Attributes:
        point: which one.
        service, source: see `backup.point.Part`.
        taken: of the point, Unix seconds.
        since: Unix seconds; what was written before is in it.
        plain: bytes of it.
        room: bytes that it takes to have it back.
        seconds: that it will take, about.
        until: to where its WAL is followed, see `stack.upgrading.Wish`; empty for the point alone.
        timeline: along which.
        files, size: how many of WAL, and their bytes.
        gap: name of the file of WAL that is damaged or missing; what is behind it does not follow.
        roots: the paths of files.
    """

    point: str
    service: str
    source: str
    taken: float
    since: float
    plain: int
    room: int
    seconds: float
    until: str = ""
    timeline: int = 0
    files: int = 0
    size: int = 0
    gap: str = ""
    roots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run is about, written down before its first step.

    Attributes:
        store: where the points are, as settings of a store; keys by reference.
        stack, host: whose they are.
        wanted, to: what was asked for.
        parts: what comes back, in this order.
        file: where the stack file is, or will be.
        at: when it began, Unix seconds.
        report: how it ended, once it has.
    """

    store: Mapping[str, Any]
    stack: str
    host: str
    wanted: str
    to: str
    parts: tuple[Returning, ...]
    file: str
    at: float
    report: Mapping[str, Any] = field(default_factory=dict)

    def written(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), indent=1) + "\n"


def beginning_read(text: str, where: str) -> Beginning:
    """The other way round.

    Raises:
        Damaged: it cannot be understood.
    """
    try:
        said = json.loads(text)
        parts = [Returning(**{**one, "roots": tuple(one["roots"])}) for one in said.pop("parts")]
        return Beginning(parts=tuple(parts), **said)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(
            f"it cannot be understood: {error}",
            where=where,
            next_step="remove the home, which is not whole yet, and begin anew",
        ) from error


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a recovery will do, and what it cannot.

    Attributes:
        stack, host: whose it was.
        store: from where.
        home: into which folder.
        file: the stack file that is used, or made.
        parts: what comes back, in this order.
        missing: what does not come back, or is not as it was, a line each.
        need, free: bytes.
        begun: when it was begun, Unix seconds; 0 when it was not.
    """

    stack: str
    host: str
    store: str
    home: str
    file: str
    parts: Sequence[Returning]
    missing: tuple[str, ...]
    need: int
    free: float
    begun: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it will take, about."""
        return STARTS + sum(one.seconds for one in self.parts)


@dataclass(frozen=True, slots=True)
class Did:
    """What became of a step, as the journal keeps it.

    Attributes:
        seconds: that it took.
        lines: what was done, for people.
        left: what was not, a line each; it is for people to do.
    """

    seconds: float = 0.0
    lines: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def services_of(parts: Sequence[Returning]) -> tuple[str, ...]:
    """Those whose data comes back."""
    return tuple(one.service for one in parts if one.source not in (SYSTEM, FILES))


def routine_of(parts: Sequence[Returning]) -> Routine:
    """The steps; each may be done again without harm."""
    of_parts = {
        one.service: FILES if one.source == FILES else "restore"
        for one in parts
        if one.source != SYSTEM
    }
    steps = [
        ("lay", "lay", ""),
        ("system", "system", ""),
        ("resources", "resources", ""),
        *((f"{type}-{name}", type, name) for name, type in of_parts.items()),
        ("everything", "everything", ""),
        ("verify", "verify", ""),
    ]
    nodes = tuple(
        StepNode(id, type, Template({"service": name}), timeout=LONGEST) for id, type, name in steps
    )
    return Routine(RUN, "a stack, made anew", {}, SequenceNode(nodes))

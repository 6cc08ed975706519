"""Composition of what `vrooli recover` brings back: of each part the newest state that the store
holds, or that of a moment, and what cannot come back.
"""

import json
import math
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrooli import __version__
from vrooli.backup import following, placing
from vrooli.backup.chains import room_of
from vrooli.backup.choosing import rank
from vrooli.backup.keys import Keys
from vrooli.backup.point import ARCHIVES, Part, Point
from vrooli.backup.recovery import FILES, PACE, SYSTEM, Asked, Returning
from vrooli.backup.store import Store, Told
from vrooli.backup.trees import contents
from vrooli.core.errors import UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.main.backup_parts import Found, newest
from vrooli.main.backup_stores import room_in
from vrooli.main.backup_wal import FORM, BackupWal
from vrooli.stack.compiled import LARGEST
from vrooli.stack.model import Stack
from vrooli.stack.postgres.wal.choosing import Way
from vrooli.stack.postgres.wal.moments import Moment, moment, told

NOWHERE = Home(Path("/nonexistent"), Path("/nonexistent"))
"""There is no home yet, and no WAL in it."""

_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Planned:
    """What comes back.

    Attributes:
        stack, host: whose it was.
        parts: in the order in which they do.
        missing: what does not, or is not as it was, a line each.
    """

    stack: str
    host: str
    parts: tuple[Returning, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecoveryPlan:
    """Makes one.

    Attributes:
        here: names in the stack file that is here; None when there is none, and the point's counts.
        environment: what the stack will see.
    """

    store: Store
    keys: Keys
    asked: Asked
    here: Collection[str] | None
    environment: Mapping[str, str]

    def planned(self) -> Planned:
        """It.

        Raises:
            UsageError: there is no such point or moment.
            Damaged: what it needs is not what was written.
        """
        passed = list[str]()
        goal, found = self._goal(), self._found(passed.append)
        if not found:
            raise UsageError(
                "no restore point here can be had back"
                + (f" that was taken before {told(goal.time)}" if goal and goal.time else ""),
                where=self.store.where,
                next_step="name another store, or leave `--to` out; `--point` takes one whose "
                "proof failed",
            )
        was = self._stack_of(found)
        lines = [*dict.fromkeys(passed), *self._missing(found, was)]
        kept = [one for one in found if self._is_declared(one[1], was)]
        parts = [self._returning(point, part, goal) for point, part in kept]
        newest_one = max((point for point, _ in found), key=lambda point: point.taken)
        parts.sort(key=lambda one: rank(one.source))
        lines += [line for one in parts for line in _of_files(one)]
        return Planned(newest_one.stack, newest_one.host, tuple(parts), tuple(lines))

    def _goal(self) -> Moment | None:
        """None: the point that was named, and nothing after it."""
        if self.asked.wanted != "latest":
            if self.asked.to:
                raise UsageError(
                    "`--to` chooses the point itself", next_step="leave `--point` or `--to` out"
                )
            return None
        return moment(self.asked.to or "latest", time.time())

    def _found(self, hear: Told) -> Found:
        """Without what only archives are there of: no server starts on them. `hear` is told which
        points cannot be read.
        """
        goal = self._goal()
        if goal is None:
            point = self.store.point(self.asked.wanted)
            return [(point, part) for part in point.parts if part.source not in ARCHIVES]
        if goal.kind != "lsn":
            return newest(self.store, (), goal.time or math.inf, hear)
        found = newest(self.store, (), told=hear)
        ways = [self._way(part, goal) for _, part in found if part.source == FORM]
        before = max((way.base.taken for way in ways if way), default=0.0)
        return newest(self.store, (), before, hear)

    def _way(self, part: Part, goal: Moment, *, reads: bool = False) -> Way | None:
        """None where the point is all there is."""
        try:
            wal = BackupWal(NOWHERE, self.store, part.service, lambda: self.keys.opener)
            return wal.way(goal, reads=reads)
        except UsageError:
            if goal.kind != "latest":
                raise
            return None

    def _returning(self, point: Point, part: Part, goal: Moment | None) -> Returning:
        # All of it is read: nobody is there to ask for less when damage is met later.
        way = self._way(part, goal, reads=True) if goal and part.source == FORM else None
        if way is not None:
            point = self.store.point(way.base.id)
            part = point.part_of(part.service) or part
        along: dict[str, Any] = {}
        room = room_of(part, self.store)
        if way is not None and goal is not None and way.files:
            room += way.room
            along = {"until": goal.text, "timeline": way.timeline, "gap": way.gap}
            along |= {"files": len(way.files), "size": way.size}
        return Returning(
            point=point.id,
            service=part.service,
            source=part.source,
            taken=point.taken,
            since=following.since(point, part, way, goal),
            plain=part.plain,
            room=room,
            seconds=self._seconds(point, part) + along.get("size", 0) / PACE,
            roots=tuple((part.facts.get("before") or {}).get("roots", ())),
            **along,
        )

    def _seconds(self, point: Point, part: Part) -> float:
        """As long as its share of the last proof took."""
        with suppress(VrooliError):
            proof = self.store.proof(point.id)
            if proof is not None and proof.seconds and point.plain:
                return proof.seconds * part.plain / point.plain
        return part.plain / PACE

    def _stack_of(self, found: Found) -> Stack | None:
        """As it was brought up last before that; None where nobody knows."""
        part = next((part for _, part in found if part.source == SYSTEM), None)
        if part is None:
            return None
        files = contents(
            part, self.store, self.keys, lambda name: name.endswith("/stack.json"), _silent
        )
        for _, content in files:
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                return Stack.from_json(json.loads(content.read(LARGEST)))
        return None

    def _is_declared(self, part: Part, was: Stack | None) -> bool:
        """What the stack had given up stays where it is. A file that is here is the user's: what
        it lacks is told at the end, as not restored.
        """
        if self.here is not None or was is None:
            return True
        return part.service in {*was.services, *was.backup.files, SYSTEM}

    def _missing(self, found: Found, was: Stack | None) -> Iterator[str]:
        if not any(part.source == SYSTEM for _, part in found):
            yield "the stack file is not in it: the one that is here counts, else the built-in one"
            yield "no secrets are in it: new ones are made, and whoever was signed in does so again"
        for point in {point.by: point for point, _ in found}.values():
            if point.by != __version__:
                yield f"version {point.by} wrote it, and this is {__version__}"
        for _, part in found:
            if not self._is_declared(part, was):
                yield f"{part.service} stays in the store: the stack had given it up"
        for name in sorted(_variables(was.to_json()) if was else ()):
            if name not in self.environment:
                yield f"the stack refers to the variable {name}, and it is not set here"
        yield from self._archives({part.service for _, part in found})

    def _archives(self, known: Collection[str]) -> Iterator[str]:
        names = dict[str, str]()
        for id, point in self.store.points():
            if not isinstance(point, VrooliError):
                names |= {one.service: id for one in point.parts if one.source in ARCHIVES}
        for name, id in names.items():
            if name not in known:
                yield (
                    f"of {name} there are archives alone: `vrooli backup fetch {id} --service "
                    f"{name} --into FOLDER`, then pg_restore"
                )


def _of_files(one: Returning) -> Iterator[str]:
    """What can be seen before: what is in the way, and what cannot be written."""
    if one.source != FILES:
        return
    for root in one.roots:
        if why := placing.obstacle(root):
            yield f"{one.service}: {root} cannot be put back: {why}"
        elif os.path.lexists(root):
            yield f"{one.service}: what is at {root} now is moved aside, unless it is the same"
        elif room_in(Path(root)) < one.plain:
            yield f"{one.service}: there may be too little room at {root}"


def _variables(said: Any) -> set[str]:
    """Those that hold a secret."""
    if isinstance(said, str):
        match = _VARIABLE.fullmatch(said)
        return {match[1]} if match else set()
    if isinstance(said, Mapping):
        said = [*said.values()]
    return set[str]().union(*map(_variables, said)) if isinstance(said, list | tuple) else set()


def _silent(_: int) -> None:
    """It is small."""

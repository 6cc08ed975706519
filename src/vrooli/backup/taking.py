"""Taking a restore point: every source in its order, then the manifest, by which it is there."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.backup import streams
from vrooli.backup.increments import increment_of, whole
from vrooli.backup.keys import Keys
from vrooli.backup.point import Part, Point
from vrooli.backup.store import Store
from vrooli.backup.threads import to_its_end
from vrooli.core.errors import Refused, StartFailed
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.outputs import OutputProgram, Outputs
from vrooli.stack.backing import Backing

SPARE = 256 * 1024 * 1024
"""Bytes that stay free for whoever else writes there."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is taken: the data of a service."""

    service: str
    backing: Backing


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes them.

    Attributes:
        workers: threads that compress.
        room: bytes that are free where the store is.
        anew: whether another cluster than that of the last point is meant.
        incremental: whether what changed since the last point is enough.
        told: gets the service, and how many bytes of it are done.
    """

    store: Store
    keys: Keys
    outputs: Outputs
    clock: Clock
    workers: int
    room: Callable[[], int]
    anew: bool
    told: Callable[[str, int], None]
    incremental: bool = False

    async def take(
        self, id: str, about: tuple[str, str, str], subjects: Sequence[Subject]
    ) -> Point:
        """One restore point.

        Args:
            id: its name.
            about: stack, host and version of the program.
            subjects: at least one.

        Raises:
            VrooliError: it could not be taken; packs may be left in the store, and no point.
        """
        begun = self.clock.wall()
        await asyncio.to_thread(self.store.share_key, self.keys.seal)
        await asyncio.to_thread(self.store.sweep)
        parts = [await self._part(subject) for subject in subjects]
        stack, host, by = about
        point = Point(id, stack, host, begun, self.clock.wall(), by, tuple(parts))
        await asyncio.to_thread(self.store.keep, point)
        return point

    async def _part(self, subject: Subject) -> Part:
        before = await subject.backing.ask()
        self._require_same(subject, before)
        await asyncio.to_thread(self._require_room, subject, int(before.get("bytes", 0)))
        await subject.backing.begin()
        try:
            stored, how = await self._copied(subject, before)
            after = await subject.backing.ask()
        finally:
            await subject.backing.end()
        return Part(
            source=subject.backing.form,
            service=subject.service,
            form="tar",
            plain=stored.plain,
            digest=stored.digest,
            packs=tuple(stored.packs),
            facts={"before": dict(before), "after": dict(after), **how},
        )

    async def _copied(
        self, subject: Subject, now: Mapping[str, Any]
    ) -> tuple[streams.Stored, Mapping[str, Any]]:
        """What was stored, and facts about how. Where the server does not give what changed, for
        which it has many reasons, the whole of it is taken.
        """
        if not self.incremental:
            return await self._stored(subject, subject.backing.program()), {}
        with tempfile.TemporaryDirectory(prefix="vrooli-") as work:
            how = await asyncio.to_thread(
                increment_of, subject.service, subject.backing, now, self.store, self.keys, work
            )
            if how.program is not None:
                try:
                    return await self._stored(subject, how.program), how.facts
                except StartFailed as error:
                    how = whole(" ".join(error.what.split()))
        return await self._stored(subject, subject.backing.program()), how.facts

    async def _stored(self, subject: Subject, program: OutputProgram) -> streams.Stored:
        output = await asyncio.to_thread(self.outputs.open, program)

        def store() -> streams.Stored:
            try:
                stored = streams.write(
                    output,
                    self.store,
                    self.keys.seal,
                    self.workers,
                    lambda done: self.told(subject.service, done),
                )
                output.finish()
            finally:
                output.end()
            return stored

        return await to_its_end(store, output.kill)

    def _require_same(self, subject: Subject, said: Mapping[str, Any]) -> None:
        """An empty database that was made in the place of a lost one is no newer state of it."""
        if self.anew or not (ids := self.store.ids()):
            return
        last = self.store.point(ids[-1])
        part = last.part_of(subject.service)
        was = (part.facts.get("before") or {}).get("system") if part else None
        if was is not None and was != said.get("system"):
            raise Refused(
                f"{subject.service} is another cluster than the one in {last.id}: it was made anew",
                where=self.store.where,
                next_step="if its data was lost, `vrooli restore`; if an upgrade or you made it "
                "anew, `vrooli backup run --anew`",
            )

    def _require_room(self, subject: Subject, size: int) -> None:
        """A disk that a backup fills may be the one that the database writes to."""
        need, free = size + SPARE, self.room()
        if free < need:
            raise Refused(
                f"up to {need // 1_000_000} MB may be needed for {subject.service}, "
                f"{free // 1_000_000} MB are free",
                where=self.store.where,
                next_step="make room there; nothing was written",
            )

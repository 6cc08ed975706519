"""Taking a restore point: every source in its order, then the manifest, by which it is there."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vrooli.backup import streams
from vrooli.backup.keys import Keys
from vrooli.backup.point import Part, Point
from vrooli.backup.store import Store
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.outputs import Outputs
from vrooli.stack.backing import Backing


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
        told: gets the service, and how many bytes of it are done.
    """

    store: Store
    keys: Keys
    outputs: Outputs
    clock: Clock
    workers: int
    told: Callable[[str, int], None]

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
        parts = [await self._part(subject) for subject in subjects]
        stack, host, by = about
        point = Point(id, stack, host, begun, self.clock.wall(), by, tuple(parts))
        await asyncio.to_thread(self.store.keep, point)
        return point

    async def _part(self, subject: Subject) -> Part:
        before = await subject.backing.ask()
        stored = await asyncio.to_thread(self._stored, subject)
        after = await subject.backing.ask()
        return Part(
            source=subject.backing.form,
            service=subject.service,
            form="tar",
            plain=stored.plain,
            digest=stored.digest,
            packs=tuple(stored.packs),
            facts={"before": dict(before), "after": dict(after)},
        )

    def _stored(self, subject: Subject) -> streams.Stored:
        output = self.outputs.open(subject.backing.program())
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

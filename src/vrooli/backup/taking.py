"""Taking a restore point: every source in its order, then the manifest, by which it is there."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from threading import Event
from typing import Any

from vrooli.backup import streams, taring
from vrooli.backup.chains import BASE
from vrooli.backup.copying import Told
from vrooli.backup.growing import Growing
from vrooli.backup.increments import Increment, increment_of, whole
from vrooli.backup.keys import Keys
from vrooli.backup.pacing import Paced, paced
from vrooli.backup.packs import mark
from vrooli.backup.point import Pack, Part, Point
from vrooli.backup.store import Store
from vrooli.backup.threads import to_its_end
from vrooli.core.errors import Damaged, NoRoom, Refused, StartFailed, VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.outputs import Output, OutputProgram, Outputs
from vrooli.core.sizes import rough_size
from vrooli.stack.backing import Backing, Members, Reading, Served
from vrooli.stack.together import going_on, together

SPARE = 256 * 1024 * 1024
"""Bytes that stay free for whoever else writes there."""

Later = Callable[[Coroutine[Any, Any, None]], None]
"""Takes what may go on while the next part is taken."""

Known = Mapping[str, Pack]
"""Packs that are in the store, by the marks of their pieces."""


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
        rate: bytes a second that are read at the most; 0: no limit.
        anew: whether another cluster than that of the last point is meant.
        incremental: whether what changed since the last point is enough.
        reading: how much of the sources is read again, for the proof.
        told: gets the service, how many bytes of it are done, and of how many, about; 0 where
            nobody knows.
    """

    store: Store
    keys: Keys
    outputs: Outputs
    clock: Clock
    workers: int
    room: Callable[[], float]
    anew: bool
    told: Told
    incremental: bool = False
    reading: Reading = "usual"
    rate: int = 0

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
        async with going_on() as later:
            parts = [await self._part(subject, later) for subject in subjects]
        stack, host, by = about
        point = Point(id, stack, host, begun, self.clock.wall(), by, tuple(parts))
        await asyncio.to_thread(self.store.keep, point)
        return point

    async def _part(self, subject: Subject, later: Later) -> Part:
        begun = self.clock.wall()
        before = await subject.backing.ask()
        last = await asyncio.to_thread(self._last, subject)
        await asyncio.to_thread(self._require_same, subject, last, before)
        reusable = await asyncio.to_thread(self._reusable, subject)
        await asyncio.to_thread(self._require_room, subject, int(before.get("bytes", 0)))
        subject.backing.will_read(self.reading)
        early = await self._begun(subject.backing, reusable, later)
        try:
            stored, how = await self._copied(subject, before, reusable, early)
            rows = await subject.backing.rows(self.reading)
            after = await subject.backing.ask()
        finally:
            later(subject.backing.end())
        return Part(
            source=subject.backing.form,
            service=subject.service,
            form=subject.backing.shape,
            plain=stored.plain,
            digest=stored.digest,
            packs=tuple(stored.packs),
            facts={
                "begun": begun,
                "taken": self.clock.wall(),
                "added": early.added + stored.added,
                "before": dict(before),
                "after": dict(after),
                **how,
                **({"rows": rows} if rows else {}),
            },
        )

    async def _begun(self, backing: Backing, last: Part | None, later: Later) -> streams.Stored:
        """What was stored already when it has begun, where that takes long and files grow. Not at
        a rate: that is for one stream.
        """
        folder = backing.growing()
        if folder is None or self.rate:
            await backing.begin()
            return streams.Stored(self.store.key)
        known = _known(last)
        growing = Growing(folder, lambda piece: mark(piece, self.store.key) in known)

        async def begin() -> None:
            try:
                await backing.begin()
            finally:
                growing.stop()

        def follow() -> streams.Stored:
            return self._write(growing.pieces(), known, lambda _: None)

        early: streams.Stored
        try:
            _, early = await together(begin(), to_its_end(follow, growing.stop))
        except BaseException:
            later(backing.end())
            raise
        return early

    async def _copied(
        self, subject: Subject, now: Mapping[str, Any], last: Part | None, early: streams.Stored
    ) -> tuple[streams.Stored, Mapping[str, Any]]:
        """What was stored, and facts about how. Where the server does not give what changed, for
        which it has many reasons, the whole of it is taken.
        """
        backing, how = subject.backing, Increment(None)
        if self.incremental and backing.known_by:
            with tempfile.TemporaryDirectory(prefix="vrooli-") as work:
                how = await asyncio.to_thread(
                    increment_of, subject.service, backing, now, self.store, self.keys, work
                )
                if how.program is not None:
                    try:
                        return await self._stored(subject, how.program, None, early, 0), how.facts
                    except StartFailed as error:
                        how = whole(" ".join(error.what.split()))
        total = _about(now, last)
        return await self._stored(subject, backing.program(), last, early, total), how.facts

    async def _stored(
        self,
        subject: Subject,
        program: OutputProgram | Served | Members,
        last: Part | None,
        early: streams.Stored,
        total: int,
    ) -> streams.Stored:
        packs = last.packs if last is not None else ()
        known = {**_known(last), **{pack.mark: pack for pack in early.packs}}

        def told(done: int) -> None:
            self.told(subject.service, done, total)

        if isinstance(program, Members):
            given_up = Event()
            borders = set(accumulate(pack.plain for pack in packs))
            require = partial(_go_on, given_up)
            cut = taring.pieces(program, borders, require)
            if self.rate:
                cut = paced(cut, self.rate, time.monotonic, time.sleep, require)
            return await to_its_end(lambda: self._write(cut, known, told), given_up.set)
        output = await asyncio.to_thread(self._opened, program)

        def store() -> streams.Stored:
            try:
                slow = self.rate and Paced(output, self.rate, time.monotonic, time.sleep)
                cut = streams.pieces(slow or output)
                stored = self._write(cut, known, told)
                output.finish()
            finally:
                output.end()
            return stored

        return await to_its_end(store, output.kill)

    def _opened(self, program: OutputProgram | Served) -> Output:
        if isinstance(program, Served):
            return program.open(self.outputs)
        return self.outputs.open(program)

    def _write(
        self, pieces: Iterator[bytearray], known: Known, told: streams.Told
    ) -> streams.Stored:
        return streams.write(pieces, self.store, self.keys.seal, self.workers, told, known)

    def _last(self, subject: Subject, source: str = "") -> tuple[Point, Part] | None:
        """The newest point that has it, where that matters in this form; one that is damaged is
        none, and keeps nobody from taking another.
        """
        for id in reversed(self.store.ids()):
            try:
                point = self.store.point(id)
            except Damaged:
                continue
            part = point.part_of(subject.service)
            if part is not None and source in ("", part.source):
                return point, part
        return None

    def _reusable(self, subject: Subject) -> Part | None:
        """What need not be stored again. Nothing of a point that failed its proof: a piece that
        was damaged in the store would be in all points to come.
        """
        last = self._last(subject, subject.backing.form)
        if last is None:
            return None
        try:
            proof = self.store.proof(last[0].id)
        except Damaged:  # it may say that it failed
            return None
        return None if proof is not None and proof.outcome == "failed" else last[1]

    def _require_same(
        self, subject: Subject, last: tuple[Point, Part] | None, said: Mapping[str, Any]
    ) -> None:
        """An empty database that was made in the place of a lost one is no newer state of it; one
        that a restore made of archives is, and one that an older point has: it was gone back to.
        """
        if self.anew or last is None or said.get("made_of"):
            return
        was = (last[1].facts.get("before") or {}).get("system")
        if was is not None and was != said.get("system") and not self._knows(subject, said):
            raise Refused(
                f"{subject.service} is another one than that in {last[0].id}: it was made anew",
                where=self.store.where,
                next_step="no point has this one: if the data was lost, `vrooli restore`; if an "
                "upgrade or you made it anew, `vrooli backup run --anew`",
            )

    def _knows(self, subject: Subject, said: Mapping[str, Any]) -> bool:
        """Whether any point has this very cluster: `initdb` gives none a number twice."""
        for _, point in self.store.points():
            part = None if isinstance(point, VrooliError) else point.part_of(subject.service)
            if part is not None:
                was = (part.facts.get("before") or {}).get("system")
                if was is not None and was == said.get("system"):
                    return True
        return False

    def _require_room(self, subject: Subject, size: int) -> None:
        """A disk that a backup fills may be the one that the database writes to."""
        need, free = size + SPARE, self.room()
        if free < need:
            raise NoRoom(
                f"up to {rough_size(need)} may be needed for {subject.service}, "
                f"{rough_size(free)} are free",
                where=self.store.where,
                next_step="make room there, then again; no restore point was taken",
            )


def _about(now: Mapping[str, Any], last: Part | None) -> int:
    """Bytes that a whole one comes to, about: those of the last one, else what its source says."""
    if last is not None and BASE not in last.facts:
        return last.plain
    return int(now.get("bytes", 0))


def _known(last: Part | None) -> Known:
    return {pack.mark: pack for pack in last.packs if pack.mark} if last is not None else {}


def _go_on(given_up: Event) -> None:
    if given_up.is_set():
        raise Refused("it was ended in the middle", next_step="take it again")

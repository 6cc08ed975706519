"""Proving a restore point: it is restored beside what serves, and looked at."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from vrooli.backup.chains import chain_of, failing, room_of
from vrooli.backup.combining import Combine, Fetcher
from vrooli.backup.keys import Keys
from vrooli.backup.point import Part, Point, digest_of
from vrooli.backup.proof import Proof
from vrooli.backup.store import Store
from vrooli.backup.threads import to_its_end
from vrooli.core.errors import Damaged, Refused, StartFailed, VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.sizes import rough_size
from vrooli.stack.backing import Backing, Found
from vrooli.stack.pace import Pace, headed

SPARE = 1.25
"""Room that is asked for, of the size of the data: a server that recovers writes WAL."""


@dataclass(frozen=True, slots=True)
class Prover:
    """Proves them.

    Attributes:
        room: bytes that are free where copies are made.
        owner: user and group of a system user.
        told: gets lines about how far it is.
        combine: makes one of what a part of this kind builds on.
    """

    store: Store
    keys: Keys
    clock: Clock
    room: Callable[[], int]
    owner: Callable[[str | None], tuple[int, int] | None]
    told: Callable[[str], None]
    combine: Callable[[Part], Combine]

    async def prove(self, point: Point, backings: dict[str, Backing]) -> Proof:
        """Look at all parts of `point`, and write down what became of it. A point that is not
        restorable is an answer, and no error; a store that does not take it down is told of.
        """
        begun, checks, numbers = self.clock.monotonic(), [], {}
        outcome, why = "verified", ""
        try:
            for part in point.parts:
                found = await self._part(part, backings[part.service].of_form(part.source))
                checks += [f"{part.service}: {check}" for check in found.checks]
                numbers[part.service] = dict(found.numbers)
                if part.left_out:
                    numbers[part.service]["left_out"] = part.left_out
                    left_out = f"{part.left_out} left out, though asked for: {part.lacks[0]}"
                    checks.append(f"{part.service}: {left_out}")
        except (Damaged, StartFailed) as error:
            outcome, why = "failed", error.said_of("")
        except VrooliError as error:  # nothing was seen of it: no room, no programs, no keeper
            outcome, why = "unverified", error.said_of("")
        proof = Proof(
            point.id,
            self.clock.wall(),
            outcome,  # type: ignore[arg-type]
            tuple(checks),
            why,
            round(self.clock.monotonic() - begun, 3),
            numbers,
            digest_of(point),
        )
        try:
            await asyncio.to_thread(self.store.keep_proof, proof)
        except VrooliError as error:  # full, read-only, or away: what was seen holds
            self.told(f"what was seen is not written down there: {error.in_a_line}")
        return proof

    def along(self, point: Point, proof: Proof) -> list[Proof]:
        """Have what builds on what failed in `point` count as failed too; what was written down.
        Nothing unless the proof failed.
        """
        # Parts are looked at in their order, and there are numbers of each that held.
        part = next((one for one in point.parts if one.service not in proof.facts), None)
        if proof.outcome != "failed" or part is None:
            return []
        try:
            points = [one for _, one in self.store.points() if isinstance(one, Point)]
        except VrooliError as error:
            self.told(f"what builds on {point.id} is not known: {error.what}")
            return []
        reason = (proof.why or "its proof failed").splitlines()[0]
        why = failing(points, {(point.id, part.service): reason})
        found = [Proof(id, proof.at, "failed", (), reason) for id, reason in why.items()]
        for one in found:
            self.told(f"{one.point} counts as failed: it builds on {point.id}")
            with suppress(VrooliError):  # the record of this home has it
                self.store.keep_proof(one)
        return found

    async def _part(self, part: Part, backing: Backing) -> Found:
        try:
            folder = Path(await backing.prepare())
            await self.put_back(part, folder, backing)
            backing.expect(part.facts.get("rows") or {})
            found = await backing.prove(lambda line: self.told(headed(f"{part.service}: ", line)))
        finally:
            await backing.clean()
        whole = "every piece is as it was stored, opens, and they are what was read then"
        return Found((whole, *found.checks), found.numbers)

    async def put_back(self, part: Part, folder: Path, backing: Backing) -> None:
        """Unpack `part` into the folder that `backing` has prepared.

        Raises:
            Refused: there is no room for it.
            Damaged: it is not what was stored.
        """
        await self._require_room(part)
        self.told(f"{part.service}: fetch it")
        await self._fetched(part, folder, self.owner(backing.user))

    async def _require_room(self, part: Part) -> None:
        size = await asyncio.to_thread(room_of, part, self.store)
        need, free = int(size * SPARE), await asyncio.to_thread(self.room)
        if free < need:
            raise Refused(
                f"{rough_size(need)} are needed to restore it for a look, "
                f"{rough_size(free)} are free",
                next_step="make room, then `vrooli backup verify`",
            )

    async def _fetched(self, part: Part, folder: Path, owner: tuple[int, int] | None) -> None:
        given_up = Event()

        def fetched() -> None:
            total = sum(one.plain for one in chain_of(part, self.store))
            pace = Pace(total, self.told, f"{part.service}: ")

            def done(size: int) -> None:
                if given_up.is_set():
                    raise Refused("it was ended in the middle", next_step="verify it again")
                pace(size)

            fetcher = Fetcher(self.store, self.keys, self.combine, durable=False)
            fetcher.fetch(part, folder, owner, done)

        await to_its_end(fetched, given_up.set)

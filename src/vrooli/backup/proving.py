"""Proving a restore point: it is restored beside what serves, and looked at."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vrooli.backup.fetching import fetch
from vrooli.backup.keys import Keys
from vrooli.backup.point import Part, Point
from vrooli.backup.proof import Proof
from vrooli.backup.store import Store
from vrooli.core.errors import Refused, VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.stack.backing import Backing, Found

SPARE = 1.25
"""Room that is asked for, of the size of the data: a server that recovers writes WAL."""


@dataclass(frozen=True, slots=True)
class Prover:
    """Proves them.

    Attributes:
        room: bytes that are free where copies are made.
        owner: user and group of a system user.
        told: gets lines about how far it is.
    """

    store: Store
    keys: Keys
    clock: Clock
    room: Callable[[], int]
    owner: Callable[[str | None], tuple[int, int] | None]
    told: Callable[[str], None]

    async def prove(self, point: Point, backings: dict[str, Backing]) -> Proof:
        """Look at all parts of `point`, and write down what became of it. A point that is not
        restorable is an answer, and no error.
        """
        begun, checks, numbers = self.clock.monotonic(), [], {}
        outcome, why = "verified", ""
        try:
            for part in point.parts:
                found = await self._part(part, backings[part.service])
                checks += [f"{part.service}: {check}" for check in found.checks]
                numbers[part.service] = dict(found.numbers)
        except Refused as error:
            outcome, why = "unverified", str(error)
        except VrooliError as error:
            outcome, why = "failed", str(error)
        proof = Proof(
            point.id,
            self.clock.wall(),
            outcome,  # type: ignore[arg-type]
            tuple(checks),
            why,
            round(self.clock.monotonic() - begun, 3),
            numbers,
        )
        await asyncio.to_thread(self.store.keep_proof, proof)
        return proof

    async def _part(self, part: Part, backing: Backing) -> Found:
        need, free = int(part.plain * SPARE), await asyncio.to_thread(self.room)
        if free < need:
            raise Refused(
                f"{need // 1_000_000} MB are needed to restore it for a look, "
                f"{free // 1_000_000} MB are free",
                next_step="make room, then `vrooli backup verify`",
            )
        folder = Path(await backing.prepare())
        try:
            self.told(f"{part.service}: fetch it")
            owner = self.owner(backing.user)
            await asyncio.to_thread(
                fetch, part, self.store, self.keys, folder, owner, lambda _: None
            )
            found = await backing.prove(lambda line: self.told(f"{part.service}: {line}"))
        finally:
            await backing.clean()
        whole = "every piece is as it was stored, opens, and they are what was read then"
        return Found((whole, *found.checks), found.numbers)

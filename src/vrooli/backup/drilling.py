"""Practising a restore: as long as it takes, and as much as is lost, compared with what may be."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vrooli.backup.point import Part, Point
from vrooli.backup.proving import Prover
from vrooli.core.errors import Damaged, Refused, StartFailed
from vrooli.stack.backing import Backing, Practised
from vrooli.stack.backup_ledger import Drill
from vrooli.stack.backup_settings import Objectives

BUSY = 4.0
"""Runnable or waiting tasks per processor over a minute, from which on nothing is practised; the
check `system-load` warns from there."""


@dataclass(frozen=True, slots=True)
class Driller:
    """Practises restores.

    Attributes:
        prover: puts parts beside what serves.
        allowed: what is compared with.
        load: runnable or waiting tasks per processor, over a minute.
        busy: whether it is practised however busy the machine is.
    """

    prover: Prover
    allowed: Objectives
    load: Callable[[], float]
    busy: bool

    async def drill(self, point: Point, part: Part, backing: Backing) -> Drill:
        """Restore `part` of `point` beside what serves. A restore that fails is an answer.

        Raises:
            Refused: it would be at the cost of what serves; nothing was practised.
            VrooliError: it could not be tried, which says nothing about the point.
        """
        self._require_quiet()
        clock, at = self.prover.clock, self.prover.clock.wall()
        begun, why, found = clock.monotonic(), "", Practised()
        folder = Path(await backing.prepare())
        try:
            await self.prover.put_back(part, folder, backing)
            told = self.prover.told
            found = await backing.practise(
                part.facts, point.begun, lambda line: told(f"{part.service}: {line}")
            )
        except (Damaged, StartFailed) as error:
            why = error.said_of("")
        finally:
            answered = found.answered or clock.monotonic()
            await backing.clean()
        lost = clock.wall() - point.begun if found.lost is None else found.lost
        rto, rpo = self.allowed.of(part.source)
        return Drill(
            at=at,
            point=point.id,
            service=part.service,
            ok=not why,
            rto=round(answered - begun, 3),
            rpo=round(max(0.0, lost), 3),
            rto_objective=rto,
            rpo_objective=rpo,
            why=why,
        )

    def _require_quiet(self) -> None:
        now = self.load()
        if now > BUSY and not self.busy:
            raise Refused(
                f"nothing was practised: {now:.1f} tasks per processor run or wait, "
                f"and from {BUSY:g} on it would be at the cost of what serves",
                next_step="try again when there is less to do, or say `--busy`",
            )

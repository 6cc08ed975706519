"""What going back would do. It only looks: nothing is fetched.

Which points and which WAL lead there says a process of its own, which opens the stores; what that
does to the services is said here.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.autoheal.backups import BackupRecord
from vrooli.autoheal.board import Board
from vrooli.core.errors import ProtocolError, Refused, UsageError, VrooliError
from vrooli.core.ports.children import Children, Ended
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.names import valid_name
from vrooli.stack.upgrading import RESTORE_POINT, Wish, around, upgrade_of

DEADLINE = 25.0
"""Seconds of one look into the stores; who asks waits for little more."""

LONGEST_MOMENT, MOST_SERVICES = 64, 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for.

    Attributes:
        point: id of a restore point; empty for the newest good one of each service.
        to: a moment that is gone back to; empty for all there is.
        services: whose data; none: all that can be had.
    """

    point: str
    to: str
    services: tuple[str, ...]

    def require_meant(self) -> None:
        """UsageError, with the key, for what cannot be meant."""
        if self.point and not RESTORE_POINT.fullmatch(self.point):
            raise UsageError(
                f"`{self.point[:40]}` is no id of a restore point",
                where="point",
                next_step="`GET /backups` lists them",
            )
        if len(self.to) > LONGEST_MOMENT:
            raise UsageError(
                "it is too long for a moment", where="to", next_step='write "2026-11-28 11:52"'
            )
        wrong = next((name for name in self.services if not valid_name(name)), "")
        if wrong or len(self.services) > MOST_SERVICES:
            raise UsageError(
                f"`{wrong[:40]}` is no name of a service" if wrong else "too many services",
                where="services",
                next_step="write names, with commas between them",
            )


@dataclass(frozen=True)
class RestorePlans:
    """Plans of restores.

    Attributes:
        board: the services.
        record: what is known of backups.
        children: starts the process that opens the stores.
        module: that does it.
    """

    board: Board
    record: BackupRecord
    children: Children
    module: str
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def plan(self, wanted: Wanted) -> dict[str, Any]:
        """`{parts[], notes[]}`, see the route.

        Raises:
            UsageError, Refused: it cannot be done; `where` is the key of the question.
            DeadlineExceeded: a store does not answer.
        """
        wanted.require_meant()
        said = {"point": wanted.point, "to": wanted.to, "services": list(wanted.services)}
        given = json.dumps({**said, "seconds": DEADLINE}).encode()
        async with self._turn:  # each of them is a Python: many who look are none too many
            answer = _read(await self.children.run(self.module, given, DEADLINE))
        ledger = (await self.record.look()).ledger
        parts = [await self._part(row, ledger) for row in answer["parts"]]
        return {"parts": parts, "notes": list(map(str, answer["notes"]))}

    async def _part(self, row: Mapping[str, Any], ledger: BackupLedger) -> dict[str, Any]:
        told = {
            **{"steps": [], "stops": [], "refused": None, "files": None},
            **row,
            "seconds": seconds_of(ledger, str(row["service"]), str(row["point"])),
        }
        name, order = str(row["service"]), row["order"]
        if order is None or name not in self.board.supervisor.stack.services:
            return told | {"order": None}
        about = around(self.board.supervisor.stack, {name}, self.board.wanted.running)
        told["stops"] = sorted(about.affected)
        try:
            wish = Wish(**order, dry_run=True)
            upgrade = upgrade_of(about.service, self.board.supervisor.context, wish)
            told["steps"] = list(await upgrade.plan())
        except VrooliError as error:
            told["refused"] = {"message": error.said_of(name), "next_step": error.next_step}
        return told


def seconds_of(ledger: BackupLedger, service: str, point: str) -> float:
    """How long it may take: as the last drill of it that held, else as the last proof of that
    point; 0 where nobody knows. Pure.
    """
    drills = (one.rto for one in reversed(ledger.drills) if one.ok and one.service == service)
    proofs = (one.seconds for one in ledger.points if one.id == point)
    return next(drills, next(proofs, 0.0))


def _read(ended: Ended) -> Mapping[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(ended.output)
        if "error" in answer:
            told, where = answer["error"], str(answer["field"])
            kind = UsageError if answer["usage"] else Refused
            raise kind(str(told["message"]), where=where, next_step=str(told["next_step"]))
        return {"parts": list(answer["parts"]), "notes": list(answer["notes"])}
    except (ValueError, KeyError, TypeError) as error:
        last = ended.errors.strip().rpartition("\n")[2]
        raise ProtocolError(
            f"nobody could say what it would do (exit code {ended.code}): {last[:200]}",
            next_step="`vrooli restore --dry-run` says more",
        ) from error

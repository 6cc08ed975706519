"""Writes the record of backups of a home; several programs may."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from vrooli.backup.point import Part, Point
from vrooli.backup.proof import Proof
from vrooli.core.errors import VrooliError
from vrooli.core.home import Home
from vrooli.host.locks import FileLock
from vrooli.stack.backup_ledger import (
    LONGEST_LACK,
    MOST_CHECKS,
    MOST_LACKS,
    BackupLedger,
    Drill,
    Failure,
    LetGo,
    Taken,
    ledger_read,
    ledger_written,
)
from vrooli.stack.durable import write_durably


@dataclass(frozen=True, slots=True)
class BackupBook:
    """Of one home."""

    home: Home

    def read(self) -> BackupLedger:
        """What is in it."""
        path = self.home.backup_ledger
        return ledger_read(path.read_bytes() if path.exists() else None)

    def change(self, change: Callable[[BackupLedger], BackupLedger]) -> None:
        """Have it changed, after whoever changes it now."""
        lock = FileLock(self.home.root / "backup-ledger.lock", "the record of backups")
        lock.take(wait=True)
        try:
            write_durably(self.home.backup_ledger, ledger_written(change(self.read())))
        finally:
            lock.release()

    def failed(self, at: float, error: VrooliError) -> None:
        """Write down that none could be taken."""
        self.change(lambda ledger: ledger.with_failure(Failure(at, error.said_of(""))))

    def taken(self, point: Point, stores: tuple[str, ...]) -> None:
        """Write down that there is a point."""
        self.change(lambda ledger: ledger.with_point(_taken(point, stores)))

    def found(self, points: Iterable[tuple[Point, Proof | None, tuple[str, ...]]]) -> None:
        """Write down points that another home took, their last proofs, and which stores have them;
        nothing of those that are known.
        """
        ours = {one.id for one in self.read().points}
        found = []
        for point, proof, stores in points:
            if point.id not in ours:
                one = replace(_taken(point, stores), elsewhere=True)
                found.append(one if proof is None else _proved(one, proof))
        self.change(lambda ledger: ledger.with_points(found))

    def paused(self, store: str, why: str) -> None:
        """Write down why nothing is written to a store; empty when something is."""
        if self.read().paused.get(store, "") != why:
            self.change(lambda ledger: ledger.with_paused(store, why))

    def let_go(self, service: str, gone: LetGo) -> None:
        """Write down that WAL was removed which no store has."""
        self.change(lambda ledger: ledger.with_let_go(service, gone))

    def drilled(self, drill: Drill) -> None:
        """Write down how a restore for practice went."""
        self.change(lambda ledger: ledger.with_drill(drill))

    def proved(self, proof: Proof) -> None:
        """Write down what became of a look; nothing of a point that was taken elsewhere."""

        def change(ledger: BackupLedger) -> BackupLedger:
            known = next((one for one in ledger.points if one.id == proof.point), None)
            if known is None:
                return ledger
            return ledger.with_point(_proved(known, proof))

        self.change(change)


def _taken(point: Point, stores: tuple[str, ...]) -> Taken:
    return Taken(
        id=point.id,
        begun=point.begun,
        taken=point.taken,
        plain=point.plain,
        stored=point.size,
        services=tuple(part.service for part in point.parts),
        sources={part.service: part.source for part in point.parts},
        stores=stores,
        sizes={part.service: part.plain for part in point.parts},
        left_out={part.service: part.left_out for part in point.parts if part.left_out},
        lacks=tuple(line[:LONGEST_LACK] for line in _lacks(point))[:MOST_LACKS],
        systems={part.service: system for part in point.parts if (system := _system(part))},
    )


def _proved(one: Taken, proof: Proof) -> Taken:
    return replace(
        one,
        outcome=proof.outcome,
        proved=proof.at,
        why=proof.why,
        seconds=proof.seconds,
        checks=proof.checks[:MOST_CHECKS],
    )


def _system(part: Part) -> str:
    return str((part.facts.get("before") or {}).get("system") or "")


def _lacks(point: Point) -> Iterator[str]:
    for part in point.parts:
        yield from (f"{part.service}: {line}" for line in part.lacks)

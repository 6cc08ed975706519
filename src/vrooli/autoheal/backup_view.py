"""What the record of backups says, as it is told: by service, and in pages. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vrooli.autoheal.backups import Known
from vrooli.core.errors import UsageError
from vrooli.stack.backup_ledger import BackupLedger, Drill, Taken
from vrooli.stack.backup_settings import Objectives
from vrooli.stack.files_restored import FilesRestored

RECENT = 200
"""Points, the newest, by which it is known what is backed up: what none of them has is gone."""

MOST_NAMES = 100
"""Services that are told of."""

FAILURES, DRILLS, MOVED = 20, 100, 20
"""How many are told, the newest of them."""


@dataclass(frozen=True, slots=True)
class OfService:
    """What can be gone back to, of one service.

    Attributes:
        source: what took it, like `postgres-physical`.
        newest: the newest point that has it.
        verified: the newest of those whose proof held; None when there is none.
        drill: the last restore of it that was practised; None when none was.
    """

    name: str
    source: str
    newest: Taken
    verified: Taken | None
    drill: Drill | None


def by_service(ledger: BackupLedger) -> list[OfService]:
    """Of everything that is backed up, in the order of names."""
    newest = dict[str, Taken]()
    for point in ledger.points[-RECENT:]:
        newest |= dict.fromkeys(point.services, point)
    return [_of(name, newest[name], ledger) for name in sorted(newest)[:MOST_NAMES]]


def _of(name: str, newest: Taken, ledger: BackupLedger) -> OfService:
    good = (
        point
        for point in reversed(ledger.points)
        if name in point.services and point.outcome == "verified"
    )
    drills = (drill for drill in reversed(ledger.drills) if drill.service == name)
    source = newest.sources.get(name, "")
    return OfService(name, source, newest, next(good, None), next(drills, None))


def told(
    known: Known, objectives: Objectives, limit: int, before: str, stores: Mapping[str, str]
) -> dict[str, Any]:
    """All of it, newest first; of the points one page.

    Args:
        known: what is known.
        objectives: what may be lost, and how long a restore may take.
        limit: how many points at the most.
        before: id of the last point of the page before; empty for the first page.
        stores: their addresses by name.

    Raises:
        UsageError: there is no point of that id.
    """
    ledger = known.ledger
    points, more = _page(ledger, limit, before)
    return {
        "trouble": known.trouble,
        "working": [asdict(one) for one in known.working],
        "wal": [asdict(one) for one in known.wal],
        "services": [_row(one, objectives) for one in by_service(ledger)],
        "points": [asdict(point) for point in points],
        "next": points[-1].id if more else None,
        "count": len(ledger.points),
        "failures": [asdict(one) for one in reversed(ledger.failures[-FAILURES:])],
        "failed": ledger.failed,
        "stores": [_store(name, url, ledger) for name, url in stores.items()],
        "drills": [{**asdict(one), "met": one.met} for one in reversed(ledger.drills[-DRILLS:])],
        "restored": [_put_back(name, one) for name, one in sorted(known.restored.items())],
    }


def _put_back(name: str, one: FilesRestored) -> dict[str, Any]:
    moved = [asdict(path) for path in one.moved[:MOVED]]
    said = {"point": one.point, "at": one.at, "state": one.state}
    return {"name": name, **said, "moved": moved, "count": len(one.moved)}


def _store(name: str, url: str, ledger: BackupLedger) -> dict[str, Any]:
    """What it has, as far as this host knows."""
    there = [point for point in ledger.points if name in point.stores]
    newest = there[-1] if there else None
    return {
        "name": name,
        "where": url,
        "points": len(there),
        "lacks": len(ledger.points) - len(there),
        "newest": newest.taken if newest else 0.0,
        "has_newest": bool(newest and newest is ledger.points[-1]),
    }


def _page(ledger: BackupLedger, limit: int, before: str) -> tuple[list[Taken], bool]:
    end = len(ledger.points)
    if before:
        places = [place for place, point in enumerate(ledger.points) if point.id == before]
        if not places:
            raise UsageError(
                f"there is no restore point `{before[:40]}` any more",
                next_step="begin with the first page: leave `before` out",
            )
        end = places[0]
    begin = max(0, end - limit)
    return list(reversed(ledger.points[begin:end])), begin > 0


def _row(one: OfService, objectives: Objectives) -> Mapping[str, Any]:
    rto, rpo = objectives.of(one.source)
    good = one.verified
    return {
        "name": one.name,
        "source": one.source,
        "newest": one.newest.id,
        "taken": one.newest.taken,
        "outcome": one.newest.outcome,
        "verified": good.id if good is not None else "",
        "verified_taken": good.taken if good is not None else 0.0,
        "rto_objective": rto,
        "rpo_objective": rpo,
    }

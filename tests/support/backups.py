"""A stack that is backed up, and the record of it, for checks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vrooli.core.home import Home
from vrooli.stack.backup_ledger import BackupLedger, Drill, Failure, Taken, ledger_written
from vrooli.stack.model import Service

HOUR = 3600.0


def backed_up(case: Mapping[str, Any]) -> dict[str, Service]:
    """Its one service, when the case has the key `backup`."""
    if "backup" not in case:
        return {}
    return {"postgres": Service("postgres", "postgres", "resource", "postgres", port=15432)}


def recorded(case: Mapping[str, Any], home: Home, now: float) -> dict[str, str]:
    """Its record as a file. `points`: id, hours ago, outcome and why. `failures`: hours ago and
    why. `drills`: hours ago, service, whether it could be restored, seconds of RTO and RPO.
    `left_out`: lines of the newest point. `system`: the number of its database.
    """
    points = [_taken(now, *point) for point in case.get("points", ())]
    if system := case.get("system"):
        points[-1] = replace(points[-1], systems={"postgres": system})
    if lacks := tuple(case.get("left_out", ())):
        services = (*points[-1].services, "system")
        left_out = {name: sum(line.startswith(name) for line in lacks) for name in services}
        points[-1] = replace(points[-1], services=services, left_out=left_out, lacks=lacks)
    failures = [Failure(now - ago * HOUR, why) for ago, why in case.get("failures", ())]
    drills = [_drill(now, *drill) for drill in case.get("drills", ())]
    if not (points or failures or drills):
        return {}
    ledger = BackupLedger(tuple(points), tuple(failures), tuple(drills))
    return {str(home.backup_ledger): ledger_written(ledger)}


def _taken(now: float, id: str, ago: float, outcome: str, why: str = "") -> Taken:
    at = now - ago * HOUR
    return Taken(
        id=id,
        begun=at,
        taken=at,
        plain=1000,
        stored=1000,
        services=("postgres",),
        stores=("here", "disk"),
        outcome=outcome,
        proved=at if outcome != "unverified" or why else 0.0,
        why=why,
    )


def _drill(now: float, ago: float, service: str, ok: bool, rto: float, rpo: float) -> Drill:
    why = "" if ok else "it did not start"
    return Drill(now - ago * HOUR, "p1", service, ok, rto, rpo, 900.0, 21600.0, why)

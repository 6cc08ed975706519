"""How old the latest good backup is: by the record of our own, or by the state file that whoever
else makes one writes.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.backups import (
    GRACE,
    Finding,
    hours,
    ledger_of,
    while_declared,
    worst_of,
)
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, critical, ok
from vrooli.core.status import Status
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.backup_standing import Standing, standings
from vrooli.stack.durations import rough_duration
from vrooli.stack.model import CheckSettings, Stack, Thresholds


@dataclass(frozen=True, slots=True)
class BackupFreshness:
    """Keys of `kind = "backup-freshness"`.

    Attributes:
        path: a JSON file with `finished_at` (Unix seconds) and `ok` of the latest backup, written
            anew by each; empty for our own backups, which `[backup.objectives]` judge.
    """

    path: str = ""


def _only(stack: Stack, settings: CheckSettings) -> str:
    return "" if settings.options.get("path") else while_declared(stack, settings)


def _run(look: Look) -> Result:
    return _foreign(look) if look.options.path else _ours(look)


def _ours(look: Look) -> Result:
    now, ledger = look.facts.tools.clock.wall(), ledger_of(look)
    found = standings(look.facts.stack, ledger, now)
    if not found:
        return ok("there is nothing here that can be backed up")
    findings = [finding for one in found for finding in _findings(one, now)]
    findings += _failed(ledger)
    ages = [age for one in found if (age := one.age(now)) is not None]
    well = ", ".join(f"{one.service}: {rough_duration(one.age(now) or 0.0)} old" for one in found)
    return worst_of(findings, well, hours(max(ages, default=0.0)) if ages else None, "h")


def _findings(one: Standing, now: float) -> Iterator[Finding]:
    newest, age = one.newest, one.age(now)
    if newest is None:
        yield Status.WARNING, f"{one.service}: there is no restore point yet (`vrooli backup run`)"
        return
    if newest.outcome == "failed":
        yield Status.CRITICAL, f"{one.service}: the proof of {newest.id} failed: {newest.why}"
    elif newest.outcome == "unverified" and (newest.proved or now - newest.taken > GRACE):
        why = f": {newest.why}" if newest.why else ""
        yield Status.WARNING, f"{one.service}: {newest.id} is unverified{why}"
    if age is None:
        return
    limit = max(one.rpo, one.gap) if one.streamed else one.rpo
    old, allowed = rough_duration(age), rough_duration(limit)
    text = f"{one.service}: the newest good point is {old} old, allowed are {allowed}"
    if age > 2 * max(limit, one.gap) + GRACE:
        yield Status.CRITICAL, text
    elif age > limit + GRACE:
        planned = one.gap > limit + GRACE
        why = f"; the plan takes one every {rough_duration(one.gap)}" if planned else ""
        yield Status.WARNING, f"{text}{why}"


def _failed(ledger: BackupLedger) -> Iterator[Finding]:
    """An attempt after the last point."""
    last = ledger.failures[-1] if ledger.failures else None
    if last is None or (ledger.points and ledger.points[-1].taken >= last.at):
        return
    status = Status.WARNING if ledger.points else Status.CRITICAL
    yield status, f"the last one could not be taken: {last.why.splitlines()[0]}"


def _foreign(look: Look) -> Result:
    content = look.facts.files.read(look.options.path)
    if content is None:
        return critical(f"there never was a backup: no {look.options.path}")
    told = _told(content)
    finished = told.get("finished_at")
    if isinstance(finished, bool) or not isinstance(finished, int | float):
        return critical(f"{look.options.path} does not tell `finished_at`")
    age = (look.facts.tools.clock.wall() - finished) / 3600
    if told.get("ok") is not True:
        return critical(f"the latest backup failed {age:.1f} h ago", round(age, 3), "h")
    return judge(age, "h", look.limits, f"the latest good backup is {age:.1f} h old")


def _told(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


CHECK = Check(
    id="backup-freshness",
    title="Backup",
    why="A backup that silently stopped is found when it is needed. Of our own, the newest good "
    "point of each service counts against `[backup.objectives]`, and `warning` and `critical` mean "
    "nothing; of another program's they count.",
    category="own",
    interval=300.0,
    unit="h",
    thresholds=Thresholds(warning=26.0, critical=50.0),
    run=_run,
    options=BackupFreshness,
    several=True,
    only=_only,
)

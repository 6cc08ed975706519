"""Whether a restore was practised lately, and was as good as it is to be."""

from collections.abc import Iterator

from vrooli.autoheal.backup_judging.record import (
    GRACE,
    Finding,
    hours,
    ledger_of,
    while_declared,
    worst_of,
)
from vrooli.autoheal.check import Check, Look
from vrooli.core.result import Result, ok
from vrooli.core.status import Status
from vrooli.stack.backup_standing import (
    Standing,
    drills_planned,
    gap_of,
    over_objectives,
    standings,
)
from vrooli.stack.durations import rough_duration
from vrooli.stack.model import CheckSettings, Stack


def _only(stack: Stack, settings: CheckSettings) -> str:
    if absent := while_declared(stack, settings):
        return absent
    planned = drills_planned(stack.backup)
    return "" if planned else "no drill is planned: `drill` of [backup] says when"


def _run(look: Look) -> Result:
    now, stack = look.facts.tools.clock.wall(), look.facts.stack
    found = standings(stack, ledger_of(look), now)
    gap = gap_of((stack.backup.drill,), now)
    findings = [finding for one in found for finding in _findings(one, gap, now)]
    drills = [one.drill for one in found if one.drill is not None]
    if not drills:
        return ok("no restore was practised yet") if not findings else worst_of(findings, "")
    oldest = min(one.at for one in drills)
    told = ", ".join(
        f"{one.service}: back in {rough_duration(one.rto)}, {rough_duration(one.rpo)} lost"
        for one in drills
    )
    return worst_of(findings, told, hours(now - oldest), "h")


def _findings(one: Standing, gap: float, now: float) -> Iterator[Finding]:
    drill = one.drill
    if drill is None:
        if one.first is not None and gap and now - one.first.taken > gap + GRACE:
            yield Status.WARNING, f"{one.service}: a restore was never practised"
        return
    if not drill.ok:
        yield Status.CRITICAL, f"{one.service}: the last drill failed: {drill.why}"
    elif over := over_objectives(drill, one):
        yield Status.WARNING, f"{one.service}: the last drill missed its objectives: {over}"
    if gap and now - drill.at > 2 * gap + GRACE:
        yield (
            Status.WARNING,
            f"{one.service}: the last drill was {rough_duration(now - drill.at)} ago",
        )


CHECK = Check(
    id="backup-drill",
    title="Restore for practice",
    why="A restore that was never practised takes longer than anybody believes.",
    category="own",
    interval=300.0,
    unit="h",
    thresholds=None,
    run=_run,
    only=_only,
)

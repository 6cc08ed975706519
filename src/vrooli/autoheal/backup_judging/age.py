"""How old what can be gone back to is, and whether it can, by our own record."""

from collections.abc import Iterable, Iterator

from vrooli.autoheal.backup_judging.record import GRACE, Finding, hours, ledger_of, worst_of
from vrooli.autoheal.backup_judging.same import made_anew
from vrooli.autoheal.check import Look
from vrooli.core.result import Result, ok
from vrooli.core.status import Status
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.backup_settings import SYSTEM
from vrooli.stack.backup_standing import Standing, standings
from vrooli.stack.durations import rough_duration


def judge_age(look: Look) -> Result:
    """Of every service that ought to be backed up, against its objective."""
    now, ledger = look.facts.tools.clock.wall(), ledger_of(look)
    found = standings(look.facts.stack, ledger, now)
    if not found:
        return ok("there is nothing here that can be backed up")
    findings = [finding for one in found for finding in _findings(one, now)]
    findings += [
        (Status.CRITICAL, why) for one in found if (why := made_anew(look, ledger, one.service))
    ]
    findings += _failed(ledger)
    findings += _left_out([*(one.service for one in found), SYSTEM], ledger)
    ages = [age for one in found if (age := one.age(now)) is not None]
    well = ", ".join(f"{one.service}: {_told(one.age(now))}" for one in found)
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


def _left_out(names: Iterable[str], ledger: BackupLedger) -> Iterator[Finding]:
    """Of what was asked for; until a later point has it."""
    for name in names:
        newest = next((one for one in reversed(ledger.points) if name in one.services), None)
        if newest is None or not (count := newest.left_out.get(name, 0)):
            continue
        first = next((line for line in newest.lacks if line.startswith(f"{name}: ")), name)
        more = f", and {count - 1} more" if count > 1 else ""
        yield Status.WARNING, f"left out of {newest.id}: {first}{more} (`vrooli backup show`)"


def _told(age: float | None) -> str:
    return "not proven yet" if age is None else f"{rough_duration(age)} old"

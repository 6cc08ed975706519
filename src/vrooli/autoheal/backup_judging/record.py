"""What the checks of backups have in common: they read the record of the home, and ask no store and
no key.
"""

from collections.abc import Sequence

from vrooli.autoheal.backups import LARGEST
from vrooli.autoheal.check import Look
from vrooli.core.errors import VrooliError
from vrooli.core.result import Result, critical, ok, warning
from vrooli.core.status import Status
from vrooli.stack.backup_ledger import BackupLedger, ledger_read
from vrooli.stack.model import CheckSettings, Stack

GRACE = 1800.0
"""Seconds that a point may be late: it takes its time, and is proven."""

Finding = tuple[Status, str]


def while_declared(stack: Stack, settings: CheckSettings) -> str:
    """Why there is nothing to look at."""
    return "" if stack.backup.enabled else "nothing is backed up by itself: write [backup]"


def ledger_of(look: Look) -> BackupLedger:
    """The record.

    Raises:
        Damaged: it cannot be understood.
        StorageError: nor read.
    """
    path = look.facts.tools.place.home.backup_ledger
    return ledger_read(look.facts.files.read(str(path), LARGEST))


def led_on_since(look: Look, service: str, at: float) -> bool:
    """Whether a point that brings `service` back was begun after `at`, Unix seconds."""
    try:
        return ledger_of(look).leads_on(service, at)
    except VrooliError:  # another check tells of that
        return False


def let_go_since(look: Look, service: str) -> float:
    """Since when, Unix seconds, no moment of it can be gone back to: the WAL of then was removed
    unshipped, and no point leads on since; 0 where that is not so.
    """
    try:
        ledger = ledger_of(look)
    except VrooliError:  # another check tells of that
        return 0.0
    gone = ledger.let_go.get(service)
    return 0.0 if gone is None or ledger.leads_on(service, gone.until) else gone.since


def worst_of(
    findings: Sequence[Finding], well: str, value: float | None = None, unit: str = ""
) -> Result:
    """One result of all findings, the worst first; `well` when there are none."""
    bad = [text for status, text in findings if status is Status.CRITICAL]
    odd = [text for status, text in findings if status is Status.WARNING]
    told = "; ".join([*bad, *odd]) or well
    made = critical if bad else warning if odd else ok
    return made(told, value, unit)


def hours(seconds: float) -> float:
    """For a value."""
    return round(seconds / 3600, 3)

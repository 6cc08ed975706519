"""How what was backed up stands against the objectives: what the watchdog's checks and
`vrooli backup objectives` judge. Pure, standard library only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import islice, pairwise

from vrooli.stack import schedule
from vrooli.stack.backup_jobs import INCREMENTAL, REDIS
from vrooli.stack.backup_ledger import BackupLedger, Drill, Taken
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.compile_wal import receiver_name
from vrooli.stack.durations import rough_duration
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Stack

_DUES = 64
"""Due times ahead, of which the longest gap counts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one service, or of what else belongs to the set.

    Attributes:
        rpo, rto: the objectives, seconds.
        gap: the longest time between two points of it as planned, seconds; 0 when none is.
        first: the oldest point whose proof held; None when there is none.
        good: the newest one of those.
        newest: the newest one of any outcome.
        streamed: whether what was written since is received as it is written.
        drill: the last restore of it for practice.
    """

    service: str
    rpo: float
    rto: float
    gap: float
    first: Taken | None
    good: Taken | None
    newest: Taken | None
    streamed: bool
    drill: Drill | None

    def age(self, now: float) -> float | None:
        """Seconds of writes that a restore from the newest good point lacks."""
        return None if self.good is None else max(0.0, now - self.good.begun)


def standings(stack: Stack, ledger: BackupLedger, now: float) -> list[Standing]:
    """Of everything that ought to be backed up."""
    return [_standing(name, kind, stack, ledger, now) for name, kind in _expected(stack)]


def over_objectives(drill: Drill, one: Standing) -> str:
    """What a drill missed, by the objectives of today; empty when it met both."""
    pairs = (("back after", drill.rto, one.rto), ("without the last", drill.rpo, one.rpo))
    return ", ".join(
        f"{what} {rough_duration(was)}, allowed are {rough_duration(allowed)}"
        for what, was, allowed in pairs
        if was > allowed
    )


def gap_of(times: tuple[str, ...], now: float) -> float:
    """Seconds between two due times of any of these at the most, summer time left aside; 0 when
    there are none.
    """
    found = [gap for text in times if text and (gap := _longest(text, now))]
    return min(found, default=0.0)


def _expected(stack: Stack) -> Iterator[tuple[str, str]]:
    """Names and kinds: services whose kind can be backed up, and files."""
    for name, service in stack.services.items():
        if service.managed and kind_of(service).has_backing:
            yield name, service.kind
    yield from ((name, "files") for name in stack.backup.files)


def _standing(name: str, kind: str, stack: Stack, ledger: BackupLedger, now: float) -> Standing:
    settings = stack.backup
    its = [point for point in ledger.points if point.brings_back(name)]
    rto, rpo = settings.objectives.of(kind)
    besides = {"postgres": (INCREMENTAL, settings.incremental), "redis": (REDIS, settings.redis)}
    job, also = besides.get(kind, ("", ""))
    planned = (settings.schedule, also if job in stack.jobs else "")
    return Standing(
        service=name,
        rpo=rpo,
        rto=rto,
        gap=gap_of(planned, now),
        first=next((point for point in its if point.outcome == "verified"), None),
        good=next((point for point in reversed(its) if point.outcome == "verified"), None),
        newest=its[-1] if its else None,
        streamed=receiver_name(name) in stack.services,
        drill=next((one for one in reversed(ledger.drills) if one.service == name), None),
    )


def _longest(text: str, now: float) -> float:
    dues = list(islice(_dues(schedule.parse(text), now), _DUES))
    return max((after - before for before, after in pairwise(dues)), default=0.0)


def _dues(times: schedule.Schedule, now: float) -> Iterator[float]:
    due = times.next_after(now, UTC)
    while due is not None:
        yield due
        due = times.next_after(due, UTC)


def drills_planned(settings: BackupSettings) -> bool:
    """Whether restores are practised by themselves."""
    return settings.enabled and bool(settings.drill)

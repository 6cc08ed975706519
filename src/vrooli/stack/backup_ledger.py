"""What was backed up here, and what became of it: a small file of the home, which the watchdog
reads without any key and without asking a store. Standard library only; pure.

The truth about a restore point is in its store. This is what this host saw itself.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from vrooli.core.errors import Damaged

MOST_POINTS, MOST_FAILURES, MOST_DRILLS = 2000, 100, 500
"""How many are remembered, the newest of them."""

WITH_CHECKS, MOST_CHECKS = 50, 40
"""Points of which it is remembered what held, the newest of them; and lines of each."""

MOST_LACKS, LONGEST_LACK = 10, 300
"""Lines of a point about what is not in it, and characters of each."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A restore point.

    Attributes:
        id: its name.
        begun, taken: Unix seconds.
        plain, stored: bytes of what it holds, and that it took in the store.
        services: what it holds: names of services, and of what is nobody's.
        sources: by these, the form of it, like `postgres-physical`.
        stores: names of the stores that have it whole.
        outcome: of its last proof: `verified`, `failed` or `unverified`.
        proved: when that was, Unix seconds; 0 when nobody looked.
        why: of what is not verified.
        sizes: bytes of each of the services.
        seconds: how long its last proof took, 0 when there was none.
        checks: what held then, a line each; of the newest points alone.
        left_out: by service, how many files are not in it though they were asked for.
        lacks: the first of these and why, a line each; of the newest points alone.
        systems: by service, the number that its server gave the data when that was made new.
        elsewhere: whether another home took it, in whose place this one came.
    """

    id: str
    begun: float
    taken: float
    plain: int
    stored: int
    services: tuple[str, ...]
    sources: Mapping[str, str] = field(default_factory=dict)
    stores: tuple[str, ...] = ()
    outcome: str = "unverified"
    proved: float = 0.0
    why: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    checks: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    systems: Mapping[str, str] = field(default_factory=dict)
    elsewhere: bool = False

    def brings_back(self, service: str) -> bool:
        """Whether it holds what is in force of it again after a restore; archives do not."""
        return service in self.services and not self.sources.get(service, "").endswith("-logical")


@dataclass(frozen=True, slots=True)
class Failure:
    """A backup that could not be taken.

    Attributes:
        at: Unix seconds.
        why: what happened.
    """

    at: float
    why: str


@dataclass(frozen=True, slots=True)
class Drill:
    """A restore for practice.

    Attributes:
        at: when it began, Unix seconds.
        point: which one was restored.
        service: of what.
        ok: whether it could be.
        rto: seconds from the beginning until it answered.
        rpo: seconds of writes that would have been lost.
        rto_objective, rpo_objective: what was allowed.
        why: of one that failed.
    """

    at: float
    point: str
    service: str
    ok: bool
    rto: float
    rpo: float
    rto_objective: float
    rpo_objective: float
    why: str = ""

    @property
    def met(self) -> bool:
        """Whether it could be restored, within both objectives."""
        return self.ok and self.rto <= self.rto_objective and self.rpo <= self.rpo_objective


@dataclass(frozen=True, slots=True)
class LetGo:
    """WAL that was removed unshipped: no store took it, and it had no more room.

    Attributes:
        since, until: from which to which moment, about, Unix seconds. What is later leads on from
            no point but one that was begun after it.
    """

    since: float
    until: float


@dataclass(frozen=True, slots=True)
class BackupLedger:
    """All of it, the oldest first.

    Attributes:
        failed: how many could not be taken, of all that there ever were.
        paused: by store, why nothing is written there: it belongs to another home.
        torn: by store, files of WAL that are damaged there, and in no other place whole.
        let_go: by service, WAL that was removed though no store has it.
    """

    points: tuple[Taken, ...] = ()
    failures: tuple[Failure, ...] = ()
    drills: tuple[Drill, ...] = ()
    failed: int = 0
    paused: Mapping[str, str] = field(default_factory=dict)
    torn: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    let_go: Mapping[str, LetGo] = field(default_factory=dict)

    def with_point(self, one: Taken) -> "BackupLedger":
        """With `one`, in the place of what was known of it."""
        return self.with_points([one])

    def with_points(self, found: Sequence[Taken]) -> "BackupLedger":
        """With these, in the place of what was known of them."""
        ids = {one.id for one in found}
        others = [point for point in self.points if point.id not in ids]
        points = sorted([*others, *found], key=lambda point: point.taken)
        old, new = points[-MOST_POINTS:-WITH_CHECKS], points[-WITH_CHECKS:]
        return replace(self, points=(*(replace(one, checks=(), lacks=()) for one in old), *new))

    def without_points(self, gone: frozenset[str]) -> "BackupLedger":
        """Without those, which were removed."""
        return replace(self, points=tuple(one for one in self.points if one.id not in gone))

    def with_failure(self, one: Failure) -> "BackupLedger":
        """With `one`."""
        failures = (*self.failures, one)[-MOST_FAILURES:]
        return replace(self, failures=failures, failed=self.failed + 1)

    def with_drill(self, one: Drill) -> "BackupLedger":
        """With `one`."""
        return replace(self, drills=(*self.drills, one)[-MOST_DRILLS:])

    def with_paused(self, store: str, why: str) -> "BackupLedger":
        """With why nothing is written to a store; with nothing when something is again."""
        others = {name: what for name, what in self.paused.items() if name != store}
        return replace(self, paused={**others, store: why} if why else others)

    def with_torn(self, store: str, files: tuple[str, ...]) -> "BackupLedger":
        """With what of the WAL is damaged in a store, and in no other place whole."""
        others = {name: what for name, what in self.torn.items() if name != store}
        return replace(self, torn={**others, store: files} if files else others)

    def with_let_go(self, service: str, gone: LetGo) -> "BackupLedger":
        """With what was removed of the WAL of a service, together with what went before, unless a
        point led on from there.
        """
        known = self.let_go.get(service)
        if known is not None and not self.leads_on(service, known.until):
            gone = LetGo(min(known.since, gone.since), max(known.until, gone.until))
        return replace(self, let_go={**self.let_go, service: gone})

    def leads_on(self, service: str, at: float) -> bool:
        """Whether a point that brings `service` back was begun after `at`, Unix seconds."""
        return any(
            point.begun > at and point.outcome != "failed" and point.brings_back(service)
            for point in self.points
        )


def ledger_read(content: bytes | None) -> BackupLedger:
    """What the file says; nothing where there is none.

    Raises:
        Damaged: it cannot be understood.
    """
    if content is None:
        return BackupLedger()
    try:
        said = json.loads(content)
        return BackupLedger(
            tuple(_taken(one) for one in said["points"]),
            tuple(Failure(**one) for one in said["failures"]),
            tuple(Drill(**one) for one in said["drills"]),
            int(said.get("failed", len(said["failures"]))),
            dict(said.get("paused", {})),
            {name: tuple(files) for name, files in said.get("torn", {}).items()},
            {name: LetGo(**gone) for name, gone in said.get("let_go", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(
            f"the record of backups cannot be understood: {error}",
            next_step="move it away; `vrooli backup list` still tells what is in the store",
        ) from error


def ledger_written(ledger: BackupLedger) -> str:
    """The other way round."""
    return json.dumps(asdict(ledger), separators=(",", ":"))


_LISTS = ("services", "stores", "checks", "lacks")


def _taken(raw: dict[str, Any]) -> Taken:
    lists = {name: tuple(raw.get(name, ())) for name in _LISTS}
    return Taken(**{**raw, **lists})

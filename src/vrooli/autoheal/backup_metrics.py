"""Whether backups can be trusted, for Prometheus; made from their record when somebody asks.

Labels are services that a recent restore point has: as many as are declared, and never ids.
"""

import math
from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vrooli.autoheal.backup_view import OfService, by_service
from vrooli.autoheal.backups import Known
from vrooli.core.ports.clock import Clock
from vrooli.stack.backup_settings import Objectives

_BY = ["service"]
OUTCOMES = ("verified", "failed", "unverified")

_OF_POINTS: tuple[tuple[str, str, Callable[[OfService, float], float]], ...] = (
    (
        "vrooli_backup_age_seconds",
        "Age of the newest restore point",
        lambda one, now: now - one.newest.taken,
    ),
    (
        "vrooli_backup_verified_age_seconds",
        "Age of the newest restore point whose proof held; infinite when there is none",
        lambda one, now: now - one.verified.taken if one.verified is not None else math.inf,
    ),
    (
        "vrooli_backup_plain_bytes",
        "What the newest restore point holds of it",
        lambda one, now: float(one.newest.sizes.get(one.name, one.newest.plain)),
    ),
    (
        "vrooli_backup_stored_bytes",
        "What the newest restore point with it takes in the store, of all that it holds",
        lambda one, now: float(one.newest.stored),
    ),
    (
        "vrooli_backup_duration_seconds",
        "How long the newest restore point with it took",
        lambda one, now: one.newest.taken - one.newest.begun,
    ),
    (
        "vrooli_backup_rate_bytes_per_second",
        "How fast that was read, all that it holds",
        lambda one, now: one.newest.plain / max(one.newest.taken - one.newest.begun, 0.001),
    ),
    (
        "vrooli_backup_left_out",
        "Files that were asked for, and are not in the newest restore point with it",
        lambda one, now: float(one.newest.left_out.get(one.name, 0)),
    ),
)

_OF_DRILLS: tuple[tuple[str, str, Callable[[OfService, float], float]], ...] = (
    (
        "vrooli_backup_drill_age_seconds",
        "Time since the last restore that was practised",
        lambda one, now: now - (one.drill.at if one.drill else now),
    ),
    (
        "vrooli_backup_drill_met",
        "1 when that worked within both objectives",
        lambda one, now: float(one.drill is not None and one.drill.met),
    ),
    (
        "vrooli_backup_drill_rto_seconds",
        "How long it took until the copy answered",
        lambda one, now: one.drill.rto if one.drill else math.nan,
    ),
    (
        "vrooli_backup_drill_rpo_seconds",
        "The time whose writes would have been lost",
        lambda one, now: one.drill.rpo if one.drill else math.nan,
    ),
)


class BackupCollector(Collector):
    """Reads what the last look at the record saw.

    Args:
        known: what that was.
        objectives: what is declared now.
    """

    def __init__(
        self, known: Callable[[], Known], objectives: Callable[[], Objectives], clock: Clock
    ) -> None:
        self._known, self._objectives, self._clock = known, objectives, clock

    def collect(self) -> Iterable[Metric]:
        """All series."""
        known, now = self._known(), self._clock.wall()
        found = by_service(known.ledger)
        yield GaugeMetricFamily(
            "vrooli_backup_points",
            "Restore points that this host remembers",
            len(known.ledger.points),
        )
        yield CounterMetricFamily(
            "vrooli_backup_failures", "Restore points that could not be taken", known.ledger.failed
        )
        for name, text, value in _OF_POINTS:
            yield _family(name, text, {one.name: value(one, now) for one in found})
        yield self._outcomes(found)
        drilled = [one for one in found if one.drill is not None]
        for name, text, value in _OF_DRILLS:
            yield _family(name, text, {one.name: value(one, now) for one in drilled})
        yield from self._allowed(found)
        yield from _wal(known)

    def _outcomes(self, found: Iterable[OfService]) -> Metric:
        family = GaugeMetricFamily(
            "vrooli_backup_proof",
            "1 for what became of the last proof of the newest restore point",
            labels=["service", "outcome"],
        )
        for one in found:
            for outcome in OUTCOMES:
                family.add_metric([one.name, outcome], float(one.newest.outcome == outcome))
        return family

    def _allowed(self, found: Iterable[OfService]) -> Iterable[Metric]:
        allowed = {one.name: self._objectives().of(one.source) for one in found}
        yield _family(
            "vrooli_backup_rto_objective_seconds",
            "How long a restore may take",
            {name: rto for name, (rto, _) in allowed.items()},
        )
        yield _family(
            "vrooli_backup_rpo_objective_seconds",
            "The time whose writes may be lost",
            {name: rpo for name, (_, rpo) in allowed.items()},
        )


def _family(name: str, text: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=_BY)
    for service, value in values.items():
        family.add_metric([service], value)
    return family


def _wal(known: Known) -> Iterable[Metric]:
    for name, text, values in (
        (
            "vrooli_backup_wal_lag_seconds",
            "How far the receiver of WAL is behind, in time",
            {one.service: one.lag_seconds for one in known.wal},
        ),
        (
            "vrooli_backup_wal_lag_bytes",
            "How far the receiver of WAL is behind",
            {one.service: float(one.lag_bytes) for one in known.wal},
        ),
        (
            "vrooli_backup_wal_streaming",
            "1 while WAL is received as it is written",
            {one.service: float(one.streaming) for one in known.wal},
        ),
    ):
        yield _family(name, text, values)

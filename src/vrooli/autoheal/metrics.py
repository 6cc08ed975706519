"""The watchdog's numbers for Prometheus, made from the board when somebody asks."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vrooli.autoheal.board import Board
from vrooli.autoheal.lag import LoopLag
from vrooli.core.ports.clock import Clock
from vrooli.core.result import Result
from vrooli.core.status import Status

_SEVERITY = {Status.OK: 0, Status.WARNING: 1, Status.CRITICAL: 2, Status.UNKNOWN: 3}
_DAY = 86_400.0


class BoardCollector(Collector):
    """Reads the board at scrape time: nothing to keep in step."""

    def __init__(self, board: Board, lag: LoopLag, clock: Clock) -> None:
        self._board, self._lag, self._clock = board, lag, clock

    def collect(self) -> Iterable[Metric]:
        """All series."""
        yield self._status()
        yield self._values()
        yield self._starts()
        yield self._up()
        lag = GaugeMetricFamily(
            "vrooli_watchdog_loop_lag_seconds",
            "Worst lateness of the watchdog's loop in the last minute",
        )
        lag.add_metric([], self._lag.worst_since(self._clock.monotonic() - 60))
        yield lag

    def _results(self) -> Iterable[tuple[str, Result]]:
        for tracked in self._board.tracked.values():
            if tracked.result is not None and tracked.result.applicable:
                yield tracked.service.check_id, tracked.result
        for check_id, check in self._board.checks.items():
            if check.result is not None and check.result.applicable:
                yield check_id, check.result

    def _status(self) -> Metric:
        family = GaugeMetricFamily(
            "vrooli_check_status", "0 ok, 1 warning, 2 critical, 3 unknown", labels=["check"]
        )
        for check_id, result in self._results():
            family.add_metric([check_id], _SEVERITY[result.status])
        return family

    def _values(self) -> Metric:
        family = GaugeMetricFamily(
            "vrooli_check_value", "The measured value of a check", labels=["check", "unit"]
        )
        for check_id, result in self._results():
            if result.value is not None:
                family.add_metric([check_id, result.unit], result.value)
        return family

    def _starts(self) -> Metric:
        family = GaugeMetricFamily(
            "vrooli_service_starts_24h",
            "Starts after failures in the last 24 hours",
            labels=["service"],
        )
        for tracked in self._board.tracked.values():
            family.add_metric([tracked.name], tracked.starts_since(self._clock.wall()))
        return family

    def _up(self) -> Metric:
        family = GaugeMetricFamily(
            "vrooli_service_up", "1 when the service's probe passes", labels=["service"]
        )
        for tracked in self._board.tracked.values():
            family.add_metric([tracked.name], 1.0 if tracked.healthy else 0.0)
        return family


def prometheus_text(*collectors: Collector) -> bytes:
    """The exposition format, version 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)

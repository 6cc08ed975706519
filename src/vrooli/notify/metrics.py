"""Whether people are told, for Prometheus; made from the postbox when somebody asks."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vrooli.notify.postbox import Postbox

_BY = ["channel"]


class NotificationCollector(Collector):
    """Every declared channel has its numbers from the beginning: what is 0 can be alerted on."""

    def __init__(self, postbox: Postbox) -> None:
        self._postbox = postbox

    def collect(self) -> Iterable[Metric]:
        """All series."""
        sent = CounterMetricFamily(
            "vrooli_notifications_sent",
            "Messages that the channel took since the watchdog began",
            labels=_BY,
        )
        failed = CounterMetricFamily(
            "vrooli_notifications_failed",
            "Tries in vain by the channel since the watchdog began; each is followed by another",
            labels=_BY,
        )
        waiting = GaugeMetricFamily(
            "vrooli_notifications_waiting",
            "Messages that are to be sent to the channel",
            labels=_BY,
        )
        for name in self._postbox.settings.channels:
            line = self._postbox.line(name)
            sent.add_metric([name], line.taken)
            failed.add_metric([name], line.refused)
            waiting.add_metric([name], self._postbox.waiting(name))
        yield from (sent, failed, waiting)

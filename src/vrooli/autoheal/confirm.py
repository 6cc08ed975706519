"""When a failing look is believed. Pure."""

from dataclasses import dataclass

from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.stack.model import Health


@dataclass(frozen=True, slots=True)
class Looks:
    """Failing looks in a row; `since` is when the first of them ended (monotonic seconds)."""

    failed: int = 0
    since: float = 0.0

    def after(self, result: Result, now: float) -> "Looks":
        """Count one more look. Only `critical` counts: `unknown` says nothing, and `ok` and
        `warning` end the row.
        """
        if result.status is Status.CRITICAL:
            return Looks(self.failed + 1, self.since if self.failed else now)
        if result.status is Status.UNKNOWN:
            return self
        return Looks()

    def confirmed(self, health: Health, now: float) -> bool:
        """Whether the service is to be taken as failed: enough looks, over enough time ("slow is
        not dead").
        """
        return self.failed >= health.failures and now - self.since >= health.over


def pause(health: Health) -> float:
    """Seconds until the next look while a failure waits to be confirmed; mostly sooner than the
    interval.
    """
    spread = health.over / max(1, health.failures - 1)
    return min(health.interval, max(0.1 * health.interval, spread))

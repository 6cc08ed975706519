"""How often a service failed lately, and how long it must wait for that. Pure."""

from dataclasses import dataclass, replace

from vrooli.stack.model import AutohealSettings


@dataclass(frozen=True, slots=True)
class Backoff:
    """Times are monotonic seconds of one boot.

    Attributes:
        level: failures in a row, less what stable time forgave; no more than there are delays, so
            that a hundred failures do not take a day of health to forgive.
        failed_at: the latest failure.
        healthy_since: since when it has been healthy in one piece, None while it is not.
    """

    level: int = 0
    failed_at: float = 0.0
    healthy_since: float | None = None

    def failed(self, now: float, settings: AutohealSettings) -> "Backoff":
        """One more failure; stable time before it is credited."""
        stable = 0.0 if self.healthy_since is None else now - self.healthy_since
        forgiven = int(stable // settings.decay)
        level = max(0, self.level - forgiven) + 1
        return Backoff(min(level, len(settings.delays)), now, None)

    def recovered(self, now: float) -> "Backoff":
        """Healthy again (or still)."""
        return self if self.healthy_since is not None else replace(self, healthy_since=now)

    def times(self, settings: AutohealSettings) -> str:
        """For people: `3 times`, `5 times or more`."""
        return f"{self.level} times" + (" or more" if self.exhausted(settings) else "")

    def exhausted(self, settings: AutohealSettings) -> bool:
        """Whether it waits as long as anything ever does: a person should look at it."""
        return self.level >= len(settings.delays)

    def allowed_at(self, settings: AutohealSettings) -> float:
        """When the next start may happen."""
        step = min(max(self.level - 1, 0), len(settings.delays) - 1)
        return self.failed_at + settings.delays[step]

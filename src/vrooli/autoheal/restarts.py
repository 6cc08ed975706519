"""How often a manager starts something again by itself, and when that is a loop. Pure."""

from dataclasses import dataclass

ENOUGH = 5
"""As many restarts in a row are no healing any more."""

CALM, SHORTEST, LONGEST = 3.0, 30.0, 600.0
"""A row is over when it runs and was not restarted for so many times the longest time between two
of its restarts, within these seconds. Managers wait longer each time: the Docker Engine twice as
long.
"""


@dataclass(frozen=True, slots=True)
class Restarts:
    """The latest row.

    Attributes:
        count: as its manager said last; None before it said anything.
        since: monotonic seconds of the first in the row.
        times: of the latest ones, as they were seen, the oldest first.
    """

    count: int | None = None
    since: float = 0.0
    times: tuple[float, ...] = ()

    def after(self, count: int, now: float, *, running: bool) -> "Restarts":
        """The manager tells this count, which begins anew when somebody starts it, and whether it
        runs.
        """
        if self.count is None or count < self.count:
            return Restarts(count)
        new = (now,) * min(ENOUGH, count - self.count)
        over = not self.times or now - self.times[-1] > self._calm
        if over and (new or running):
            return Restarts(count, now, new)
        return Restarts(count, self.since, (*self.times, *new)[-ENOUGH:])

    def over_and_over(self, now: float, patience: float) -> bool:
        """Whether it is in a loop, which has lasted for at least `patience` seconds: one that comes
        up after some attempts is in none.
        """
        return len(self.times) >= ENOUGH and now - self.since >= patience

    @property
    def _calm(self) -> float:
        pauses = [after - at for at, after in zip(self.times, self.times[1:], strict=False)]
        if len(pauses) < ENOUGH // 2:
            return LONGEST
        return min(LONGEST, max(CALM * max(pauses), SHORTEST))

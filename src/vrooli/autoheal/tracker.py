"""What the watchdog knows about one service, in memory. Changed only by the watchdog's own loop."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.confirm import Looks
from vrooli.autoheal.flap import Flaps
from vrooli.autoheal.heal import Heal
from vrooli.autoheal.policy import Decision, Failure
from vrooli.autoheal.restarts import Restarts
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.stack.model import Service

State = Literal["running", "starting", "stopped", "failed", "blocked", "external"]

DAY = 86_400.0


@dataclass
class Tracked:
    """One service.

    Attributes:
        service: as declared.
        result: of the last look; `looked_at` is when (unix seconds), `took` how long (seconds).
        looks: failing looks in a row.
        flaps: how often the latest looks changed their mind.
        backoff: how often it failed lately.
        prior: that count before the standing failure; None when a watchdog before counted it.
        failure: a confirmed failure that has not ended; None while all is well.
        failed_at: when the latest failure was noticed, unix seconds.
        failing_since: when the first failure of those in a row was noticed, unix seconds; 0.0 while
            none stands.
        own_since: likewise the first of them that came while all that it needs was well, monotonic
            seconds; 0.0 when there was none.
        decision: the latest about that failure.
        turned_away: why an action was refused when it was taken, and until when (monotonic) it is
            not tried again.
        heal: the latest heal, also after its end.
        task: the heal in flight, which includes its stability window.
        acting: a heal acts right now (it holds the service).
        trying: the action that is being taken; empty between two of them.
        proven: the launch that was seen healthy.
        met: the launch that was looked at last, and when it was first (monotonic).
        excused: until then (monotonic) it may fail because of what it needs, which is just back.
        fresh: an edit brought it, and no operation has come to it since.
        restarts: how often its manager started it again lately.
        restarting_since: when its manager began to start it again (monotonic), 0.0 when it was seen
            well since.
        queued: an operation will start it, and has not come to it yet: its absence is no failure.
        heals: wall times of heals in which something was done, latest last.
        starts: wall times of starts in heals, latest last.
        kick: set to make the watcher look at once.
        active_at, activity: for resources that say "starting": when they last did any work
            (monotonic), and how much.
    """

    service: Service
    result: Result | None = None
    looked_at: float = 0.0
    took: float = 0.0
    looks: Looks = field(default_factory=Looks)
    flaps: Flaps = field(default_factory=Flaps)
    backoff: Backoff = field(default_factory=Backoff)
    prior: Backoff | None = None
    failure: Failure | None = None
    failed_at: float = 0.0
    failing_since: float = 0.0
    own_since: float = 0.0
    decision: Decision | None = None
    turned_away: tuple[str, float] = ("", 0.0)
    heal: Heal | None = None
    task: asyncio.Task[None] | None = None
    acting: bool = False
    trying: str = ""
    restarts: Restarts = field(default_factory=Restarts)
    restarting_since: float = 0.0
    queued: bool = False
    fresh: bool = False
    excused: float = 0.0
    proven: str = ""
    met: tuple[str, float] = ("", 0.0)
    heals: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    kick: asyncio.Event = field(default_factory=asyncio.Event)
    active_at: float = 0.0
    activity: float = 0.0

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    @property
    def healthy(self) -> bool:
        """Whether dependents may rely on it now, as far as we have looked."""
        return self.failure is None and self.result is not None and self.result.healthy

    @property
    def unsteady(self) -> bool:
        """Whether it does not serve, or only by turns."""
        return self.failing or self.flaps.flapping

    @property
    def sick(self) -> bool:
        """Whether the latest look says that it is not healthy; one that is not looked at is not."""
        return self.result is not None and self.result.applicable and not self.healthy

    @property
    def failing(self) -> bool:
        """Whether it does not serve now, as far as we have looked. One failing look is enough to
        suspect it as the cause.
        """
        if self.failure is not None or self.acting:
            return True
        if self.result is None:
            return False
        return self.result.starting or self.result.status is Status.CRITICAL

    def fails(self, failure: Failure, *, own: bool) -> None:
        """Take `failure` on, the first one or another in the row; `own`: by no need's fault."""
        self.failure, self.failed_at = failure, failure.at
        self.failing_since = self.failing_since or failure.at
        if own:
            self.own_since = self.own_since or failure.monotonic

    def fails_no_more(self) -> None:
        """The row of failures is over."""
        self.failure = self.decision = None
        self.failing_since = self.own_since = 0.0

    def refusal(self, now: float) -> str:
        """Why the action that was tried last would be refused again; empty when it may be tried."""
        why, until = self.turned_away
        return why if now < until else ""

    def starts_since(self, wall: float) -> int:
        """How often it had to be started again in the last 24 hours."""
        return sum(1 for at in self.starts if wall - at < DAY)

    def heals_since(self, wall: float) -> int:
        """How often something had to be done about it in the last 24 hours."""
        return sum(1 for at in self.heals if wall - at < DAY)


def state_of(tracked: Tracked, *, wanted: bool, running: bool, busy: bool) -> State:
    """The one word for where a service is. Pure."""
    if not tracked.service.managed:
        return "external"
    if not wanted:
        return "running" if running else "stopped"
    if tracked.failure is not None:  # also while it is healed: it does not serve until it passes
        blocked = tracked.decision is not None and tracked.decision.verdict == "block"
        return "blocked" if blocked else "failed"
    if busy:
        return "starting"
    if tracked.result is not None and tracked.result.starting:
        return "starting"
    return "running" if running else "failed"

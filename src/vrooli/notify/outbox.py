"""What is sent next, by which channel, and how many messages become one. Pure.

The rules for a channel that is idle:

1. `second`   what failed three times, or whose channel fails for everything, goes by the second
2. `retry`    what failed waits, longer each time
3. `order`    the end of an incident waits until its page is out
4. `flood`    what goes beyond the limit is folded into one message, at most one a minute
5. `send`     otherwise the oldest is sent
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vrooli.core.breaker import Breaker
from vrooli.notify.delivery import Delivery
from vrooli.notify.message import Kind, Message, Severity, cut
from vrooli.notify.settings import Settings

TRIES = 3
"""Tries by its own channel before the second takes turns."""

FOLD_EVERY = 60.0
"""Seconds between two messages beyond the limit: in a flood people learn the news by the minute."""

SHOWN, WIDTH = 40, 90
"""Lines of a folded message, and characters of one; so many fit into a message. More are counted.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What is remembered of one channel. Times are monotonic seconds of this process.

    Attributes:
        breaker: whether it works.
        sent: when it took messages, within the window of the flood.
        taken, refused: how many messages it took, and how many tries were in vain.
    """

    breaker: Breaker = field(default_factory=Breaker)
    sent: tuple[float, ...] = ()
    taken: int = 0
    refused: int = 0

    def took(self, now: float, window: float) -> "Line":
        """It took a message."""
        recent = tuple(at for at in self.sent if now - at < window)
        return Line(self.breaker.succeeded(), (*recent, now), self.taken + 1, self.refused)

    def failed(self, now: float) -> "Line":
        """It did not."""
        return replace(self, breaker=self.breaker.failed(now), refused=self.refused + 1)


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision depends on.

    Attributes:
        pending: all that is to be sent, the oldest first.
        busy: numbers of those that are on their way right now.
        lines: what is known of the channels.
        settings: what is declared.
        now: monotonic seconds.
    """

    pending: Sequence[Delivery]
    busy: Collection[int] = ()
    lines: Mapping[str, Line] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    now: float = 0.0

    def line(self, channel: str) -> Line:
        """What is known of `channel`."""
        return self.lines.get(channel, Line())


@dataclass(frozen=True, slots=True)
class Send:
    """Send this one."""

    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Fold:
    """These are too many: fold them into one message first."""

    deliveries: tuple[Delivery, ...]


def next_step(via: str, situation: Situation) -> Send | Fold | None:
    """What the idle channel `via` does now, None when nothing."""
    settings, now = situation.settings, situation.now
    due = [one for one in situation.pending if _is_due(one, via, situation)]
    ready = [one for one in due if not _pages_before(one, situation.pending)]
    if not ready:
        return None
    sent = situation.line(via).sent
    free = settings.flood - sum(1 for at in sent if now - at < settings.flood_window)
    if len(due) <= free:
        return Send(ready[0])
    if free <= 0 and sent and now - sent[-1] < FOLD_EVERY:
        return None
    numbers = {one.number for one in due}
    foldable = [one for one in due if _is_foldable(one, numbers, situation.pending)]
    return Fold(tuple(foldable)) if len(foldable) > 1 else Send(ready[0])


def route(delivery: Delivery, situation: Situation) -> str:
    """The channel by which it goes now; empty when all that could take it are failing."""
    found = candidates(delivery, situation.settings)
    usable = [name for name in found if situation.line(name).breaker.allows(situation.now)]
    if not usable:
        return ""
    return usable[0 if delivery.attempts < TRIES else delivery.attempts % len(usable)]


def candidates(delivery: Delivery, settings: Settings) -> list[str]:
    """The channels that may take it, the best first; empty when none of them is declared."""
    own = settings.channels.get(delivery.channel)
    names = (delivery.channel, own.second if own else "", delivery.origin)
    return [name for name in dict.fromkeys(names) if name in settings.channels]


def fold(
    deliveries: Sequence[Delivery], number: int, settings: Settings, at: float
) -> tuple[Delivery, list[Delivery]]:
    """One message instead of many: its delivery, and the others as they are now.

    Args:
        deliveries: at least two, the oldest first.
        number: of the new one.
        settings: say what a flood is.
        at: Unix seconds.
    """
    first, last = deliveries[0], deliveries[-1]
    holds = sum(one.holds for one in deliveries)
    message = Message(
        key=f"{first.message.key.split('..')[0]}..{last.message.key.split('..')[-1]}",
        kind=Kind.DIGEST,
        subject="notify",
        severity=_worst(one.message.severity for one in deliveries),
        title=f"{holds} notifications at once",
        body=_listed(deliveries, holds, settings),
        at=at,
    )
    everywhere = set.intersection(*(set(one.message.to) for one in deliveries))
    message = replace(message, to=tuple(sorted(everywhere)))
    covers = tuple(dict.fromkeys(told for one in deliveries for told in one.tells))
    new = Delivery(number, message, first.channel, first.origin, holds=holds, covers=covers)
    return new, [one.folded(message.key, at) for one in deliveries]


def _is_due(delivery: Delivery, via: str, situation: Situation) -> bool:
    return (
        delivery.number not in situation.busy
        and delivery.retry_at <= situation.now
        and route(delivery, situation) == via
    )


def _pages_before(delivery: Delivery, pending: Iterable[Delivery]) -> list[Delivery]:
    """What must be out before the end of an incident is told."""
    if delivery.message.kind is not Kind.RESOLVED:
        return []
    told = (delivery.message.incident, delivery.origin)
    return [one for one in pending if one.number < delivery.number and told in one.tells]


def _is_foldable(delivery: Delivery, due: Collection[int], pending: Iterable[Delivery]) -> bool:
    """Whether it may become a line: no digest of its own, and its page is a line as well or out."""
    if delivery.message.kind is Kind.DIGEST and delivery.holds == 1:
        return False
    return all(page.number in due for page in _pages_before(delivery, pending))


def _listed(deliveries: Iterable[Delivery], holds: int, settings: Settings) -> str:
    lines = [line for one in deliveries for line in _lines(one)][:SHOWN]
    more = [f"and {holds - len(lines)} more"] if holds > len(lines) else []
    why = f"More than {settings.flood} within {settings.flood_window / 60:g} min, so all at once:"
    return "\n".join([why, *lines, *more, "All of them: vrooli-autoheal notify list"])


def _lines(delivery: Delivery) -> list[str]:
    """What it contributes to a folded message: its title, or the lines that it holds itself."""
    if delivery.holds == 1:
        return [f"- {cut(delivery.message.title, WIDTH)}"]
    return [line for line in delivery.message.body.splitlines() if line.startswith("- ")]


def _worst(severities: Iterable[Severity]) -> Severity:
    order = list(Severity)
    return min(severities, key=order.index)

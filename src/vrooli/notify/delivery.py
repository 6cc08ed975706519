"""One message on its way to one channel."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from vrooli.notify.message import Message

RETRIES = (5.0, 10.0, 10.0, 60.0, 300.0)
"""Seconds before the next try, by tries so far; the last one for ever: a page is never given up."""


class State(StrEnum):
    """pending: to be sent. sent: a channel took it. folded: told as a line of another message, when
    there were too many. dropped: not sent, because nobody has to be told any more, or can be.
    """

    PENDING = "pending"
    SENT = "sent"
    FOLDED = "folded"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way.

    Attributes:
        number: unique; later ones have higher numbers.
        message: what is told.
        channel: where to.
        origin: the channel that it was meant for when it was made; the end of an incident goes
            where its page went, so that `channel` may be another.
        state: see State.
        attempts: tries so far.
        error: what came of the latest, or why it was dropped; empty when all is well.
        via: the channel that took it.
        ended_at: when it was sent, folded or dropped, Unix seconds; None while it is pending.
        holds: how many notifications it tells of; more than one when others are folded into it.
        covers: the incidents that those tell of, each with the origin of its delivery.
        inside: key of the message that it is a line of.
        retry_at: monotonic seconds of the next try; of this process only.
    """

    number: int
    message: Message
    channel: str
    origin: str
    state: State = State.PENDING
    attempts: int = 0
    error: str = ""
    via: str = ""
    ended_at: float | None = None
    holds: int = 1
    covers: tuple[tuple[str, str], ...] = ()
    inside: str = ""
    retry_at: float = 0.0

    @property
    def tells(self) -> tuple[tuple[str, str], ...]:
        """The incidents that it tells of, each with the origin."""
        own = self.message.incident
        return ((own, self.origin), *self.covers) if own else self.covers

    def sent(self, via: str, at: float) -> "Delivery":
        """`via` took it."""
        tries = self.attempts + 1
        return replace(
            self, state=State.SENT, via=via, ended_at=at, attempts=tries, error="", retry_at=0.0
        )

    def failed(self, error: str, monotonic: float) -> "Delivery":
        """One more try in vain."""
        pause = RETRIES[min(self.attempts, len(RETRIES) - 1)]
        retry_at = monotonic + pause
        return replace(self, attempts=self.attempts + 1, error=error, retry_at=retry_at)

    def folded(self, inside: str, at: float) -> "Delivery":
        """It is a line of another message now."""
        return replace(self, state=State.FOLDED, inside=inside, ended_at=at)

    def dropped(self, why: str, at: float) -> "Delivery":
        """It will not be sent."""
        return replace(self, state=State.DROPPED, error=why, ended_at=at)

    def to_json(self) -> dict[str, Any]:
        """As it is kept and served."""
        data = asdict(self)
        del data["retry_at"]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Delivery":
        """Read what `to_json` wrote; it is due at once."""
        return cls(
            **{
                **data,
                "message": Message.from_json(data["message"]),
                "state": State(data["state"]),
                "covers": tuple((incident, origin) for incident, origin in data["covers"]),
            }
        )

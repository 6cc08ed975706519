"""What people are told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MAX_TITLE, MAX_BODY = 200, 4000
"""Characters; more than any chat or SMS gateway shows, and bounded for the spool."""


class Kind(StrEnum):
    """Why people are told: something needs them, it is over, what went on, or they asked."""

    PAGE = "page"
    RESOLVED = "resolved"
    DIGEST = "digest"
    TEST = "test"


class Severity(StrEnum):
    """How much it matters; a channel says which of them it takes."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to be told.

    Attributes:
        key: the same however often it is delivered, so that a receiver can drop what it has.
        kind: why.
        subject: the service or check that it is about; silences match it.
        severity: how much it matters.
        title: one line.
        body: a few lines; never a secret.
        at: wall clock, Unix seconds.
        incident: which incident it belongs to; empty when to none.
        to: the channels that have it, or that it is on its way to.
    """

    key: str
    kind: Kind
    subject: str
    severity: Severity
    title: str
    body: str
    at: float
    incident: str = ""
    to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Cut what is too long: a message that nobody accepts would tell nobody."""
        object.__setattr__(self, "title", cut(self.title.replace("\n", " "), MAX_TITLE))
        object.__setattr__(self, "body", cut(self.body, MAX_BODY))

    def to_json(self) -> dict[str, Any]:
        """As it is kept and served."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Message":
        """Read what `to_json` wrote."""
        kind, severity = Kind(data["kind"]), Severity(data["severity"])
        to = tuple(data.get("to", ()))  # an older version did not write it down
        return cls(**{**data, "kind": kind, "severity": severity, "to": to})


def cut(text: str, most: int) -> str:
    """`text`, at most so many characters of it."""
    return text if len(text) <= most else text[: most - 1] + "…"

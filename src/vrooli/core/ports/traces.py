"""Port: spans, for whoever follows a request through processes.

What lies above a span is told by its W3C `traceparent`, a text: so it can be stored, and sent on.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

Fact = str | int | float | bool
"""Of a span. Never a secret, and nothing of what goes through a step."""

INSIDE, SERVES, ASKS = "inside", "serves", "asks"
"""Kinds of spans: of our own, of a request to us, of one to somebody else."""


class Span(Protocol):
    """Something that is under way."""

    def note(self, facts: Mapping[str, Fact], name: str = "") -> None:
        """More about it; with `name`, it is called so from now on."""
        ...

    def failed(self, kind: str) -> None:
        """It failed, in one word."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """A span that is told when it is over.

    Attributes:
        name: of few different ones.
        id: 16 hexadecimal digits, known to those below it.
        trace: 32 of them.
        above: `traceparent` of what it is a part of; empty for the first of its trace.
        began, ended: unix seconds.
        facts: about it.
        failure: in one word; empty when there is none.
    """

    name: str
    id: str
    trace: str
    above: str
    began: float
    ended: float
    facts: Mapping[str, Fact] = field(default_factory=dict)
    failure: str = ""


class Traces(Protocol):
    """Takes spans. No method waits, raises or keeps more than a bounded number of them."""

    @contextmanager
    def span(
        self, name: str, facts: Mapping[str, Fact], *, kind: str = INSIDE, above: str = ""
    ) -> Iterator[Span]:
        """While the block lasts, something is under way. What raises has failed, by its type.

        Args:
            name: of few different ones.
            facts: about it.
            kind: see above.
            above: `traceparent` of what it is a part of; else what is under way here.
        """
        ...

    def tell(self, told: Told) -> None:
        """One that is over."""
        ...

    def here(self) -> str:
        """`traceparent` of what is under way here; empty when nothing is."""
        ...

"""Port: what models say just now, for those who watch. It is told once and kept nowhere: the whole
is in the journal when it has been said.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said.

    Attributes:
        run: in which run.
        path: of the note that it will be.
        attempt: of the note.
    """

    run: str
    path: str
    attempt: int


class Saying(Protocol):
    """Tells it. Costs whoever says something next to nothing, and never fails."""

    def say(self, place: Place, text: str) -> None:
        """More words."""
        ...

    def over(self, place: Place) -> None:
        """All is said, or nobody waits for it any more: what is not told yet is not told."""
        ...


class NobodyListens:
    """For work that nobody watches."""

    def say(self, place: Place, text: str) -> None:
        """See the port."""

    def over(self, place: Place) -> None:
        """See the port."""

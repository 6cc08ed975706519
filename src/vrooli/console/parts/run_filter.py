"""Which runs a page lists, as its address says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from vrooli.console.parts.addresses import narrowed

STATUSES = ("pending", "running", "waiting", "paused", "completed", "failed", "cancelled")

LONGEST = 320
"""Characters of one value, like an address."""

PAGE = 50
"""Runs of one page."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What is asked for; empty means any.

    Attributes:
        routine, status: of the runs.
        owner: who started them.
        cursor: where the page begins; empty for the newest.
    """

    routine: str = ""
    status: str = ""
    owner: str = ""
    cursor: str = ""

    @property
    def query(self) -> dict[str, str]:
        """As the server takes it."""
        given = {
            "routine": self.routine,
            "status": self.status,
            "created_by": self.owner,
            "cursor": self.cursor,
        }
        return {name: value for name, value in given.items() if value}

    @property
    def narrows(self) -> bool:
        """Whether some runs are left out."""
        return bool(self.routine or self.status or self.owner)

    def address(self, cursor: str = "") -> str:
        """The page of the same runs that begins there."""
        given = {
            "routine": self.routine,
            "status": self.status,
            "owner": self.owner,
            "cursor": cursor,
        }
        return narrowed("/runs", given)


def filter_of(query: Mapping[str, str]) -> RunFilter:
    """What an address asks for; a status that there is none of is left out."""
    given = {name: query.get(name, "").strip()[:LONGEST] for name in ("routine", "owner")}
    status = query.get("status", "")
    cursor = query.get("cursor", "")[:4096]
    return RunFilter(given["routine"], status if status in STATUSES else "", given["owner"], cursor)

"""A maintenance window: a time in which nothing is healed and nobody paged. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Times are unix seconds: a reboot is a part of many of them.

    Attributes:
        subjects: services; none is everything.
        until_green: it ends by itself when what it covers has failed and is well again.
        name: of `[maintenance.NAME]`, empty for one that a person began.
    """

    id: str
    subjects: tuple[str, ...]
    since: float
    until: float
    why: str
    by: str
    until_green: bool = False
    name: str = ""

    def covers(self, subject: str, now: float) -> bool:
        """Whether it holds for `subject` now."""
        return self.since <= now < self.until and (not self.subjects or subject in self.subjects)

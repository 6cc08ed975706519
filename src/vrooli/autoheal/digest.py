"""What went on without a person: heals that held, and warnings. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.heal import Outcome
from vrooli.autoheal.paging_words import Where, Words, duration

LINES = 30
"""Lines of each part; more are counted."""


@dataclass(frozen=True, slots=True)
class Period:
    """A span of wall time, Unix seconds: from `since`, before `until`."""

    since: float
    until: float

    def holds(self, at: float | None) -> bool:
        """Whether that was within it."""
        return at is not None and self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class Warned:
    """Something came to say `warning`.

    Attributes:
        subject: the check.
        at: Unix seconds.
        why: what it said.
    """

    subject: str
    at: float
    why: str


def digest(
    heals: Iterable[Mapping[str, Any]], warned: Iterable[Warned], period: Period, where: Where
) -> Words | None:
    """Title and body; None when there is nothing to tell.

    Args:
        heals: as the ledger gives them, each once.
        warned: what came to say `warning`.
        period: what it is about.
        where: which host.
    """
    ended = [heal for heal in heals if period.holds(heal["finished_at"])]
    warnings = [one for one in warned if period.holds(one.at)]
    parts = [_heals(ended), _warnings(warnings)]
    if not any(parts):
        return None
    healed = sum(1 for heal in ended if heal["outcome"] == Outcome.HEALED)
    span = duration(period.until - period.since)
    title = where.titled(f"{healed} healed, {len(warnings)} warnings in {span}")
    return title, "\n".join(line for part in parts for line in part)


def _heals(heals: Sequence[Mapping[str, Any]]) -> list[str]:
    by_subject: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for heal in heals:
        by_subject.setdefault((heal["subject"], heal["outcome"]), []).append(heal)
    lines = [
        f"- {subject}: {outcome}{_times(found)} ({_first_line(found[0]['cause'])})"
        for (subject, outcome), found in sorted(by_subject.items())
    ]
    return _part("Heals:", lines)


def _warnings(warnings: Sequence[Warned]) -> list[str]:
    by_subject: dict[str, list[Warned]] = {}
    for one in warnings:
        by_subject.setdefault(one.subject, []).append(one)
    lines = [
        f"- {subject}: warning{_times(found)} ({_first_line(found[0].why)})"
        for subject, found in sorted(by_subject.items())
    ]
    return _part("Warnings:", lines)


def _part(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"and {len(lines) - LINES} more"] if len(lines) > LINES else []
    return [title, *lines[:LINES], *more]


def _times(found: Sequence[object]) -> str:
    return f" {len(found)} times" if len(found) > 1 else ""


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text.strip() else "-"

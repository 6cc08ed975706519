"""Which restore points stay, and which go. Pure.

What stays, and why; all that nobody names goes:

1. `recent`       younger than `days`: every one
2. `weekly`       older ones: the newest of each of the newest `weeks` weeks in which there are
                  any, of each service by itself; `monthly` and `yearly` likewise. One whose proof
                  failed stands for its week only where there is no other
3. `verified`     the newest verified one of each service
4. `unproven`     what is younger than that, of this service; all of it where none is verified
5. `needed`       what another one that stays is made on
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Keep:
    """How much is kept: days for which everything is, and so many weeks, months, years of it."""

    days: int
    weeks: int
    months: int
    years: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A restore point as far as it matters here.

    Attributes:
        id: its name.
        taken: Unix seconds.
        services: whose data it holds.
        outcome: of its last proof.
        bases: ids of those that it is made on, and is worth nothing without.
    """

    id: str
    taken: float
    services: frozenset[str]
    outcome: str = "unverified"
    bases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a point.

    Attributes:
        why: for people; of one that stays each reason, of one that goes the one.
    """

    id: str
    stays: bool
    why: tuple[str, ...]


def retention(points: Sequence[Kept], keep: Keep, now: float, zone: tzinfo) -> list[Verdict]:
    """A verdict on each, the oldest first.

    Args:
        points: all that there are.
        keep: how much.
        now: Unix seconds.
        zone: in which weeks, months and years begin.
    """
    ordered = sorted(points, key=lambda one: (one.taken, one.id))
    reasons: dict[str, list[str]] = {one.id: [] for one in ordered}
    since = now - keep.days * DAY
    for one in ordered:
        if one.taken > since:
            reasons[one.id].append(f"recent: younger than {keep.days} days")
    for service in sorted({name for one in ordered for name in one.services}):
        its = [one for one in ordered if service in one.services]
        _by_calendar([one for one in its if one.taken <= since], keep, zone, service, reasons)
        _unless_proven(its, service, reasons)
    _with_bases(ordered, reasons)
    gone = (_too_old(keep),)
    return [
        Verdict(id, bool(why), tuple(dict.fromkeys(why)) or gone) for id, why in reasons.items()
    ]


def _by_calendar(
    older: Sequence[Kept],
    keep: Keep,
    zone: tzinfo,
    service: str,
    reasons: Mapping[str, list[str]],
) -> None:
    """Of the `older` ones, the oldest first, of one service."""
    rules: tuple[tuple[str, int, Callable[[datetime], object]], ...] = (
        ("weekly", keep.weeks, lambda at: at.isocalendar()[:2]),
        ("monthly", keep.months, lambda at: (at.year, at.month)),
        ("yearly", keep.years, lambda at: at.year),
    )
    for word, most, period in rules:
        for one in _newest_of_each(older, most, zone, period):
            reasons[one.id].append(f"{word}: the newest of {service} then")


def _newest_of_each(
    older: Sequence[Kept], most: int, zone: tzinfo, period: Callable[[datetime], object]
) -> Iterable[Kept]:
    periods: dict[object, list[Kept]] = {}
    for one in reversed(older):
        periods.setdefault(period(datetime.fromtimestamp(one.taken, zone)), []).append(one)
    for its in list(periods.values())[:most]:
        yield next((one for one in its if one.outcome != "failed"), its[0])


def _unless_proven(its: Sequence[Kept], service: str, reasons: Mapping[str, list[str]]) -> None:
    """Of one service, the oldest first."""
    for one in reversed(its):
        if one.outcome == "verified":
            reasons[one.id].append(f"verified: the newest that was, of {service}")
            return
        reasons[one.id].append(f"unproven: younger than what is verified of {service}")


def _with_bases(ordered: Sequence[Kept], reasons: Mapping[str, list[str]]) -> None:
    """A base is older than what is made on it; a clock that was set back must not part them."""
    found = {one.id: one for one in ordered}
    waiting = [one for one in ordered if reasons[one.id]]
    while waiting:
        one = waiting.pop()
        for base in sorted(one.bases & found.keys()):
            if not reasons[base]:
                waiting.append(found[base])
            reasons[base].append(f"needed: {one.id} is made on it")


def _too_old(keep: Keep) -> str:
    return f"older than {keep.days} days, and there are newer ones of its week, month and year"

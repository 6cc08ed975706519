"""The life of a run as its events tell it: its tries, and when it was paused. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

Events = Sequence[Mapping[str, Any]]
"""Of one run, in their order, as an export has them."""

_ENDS = ("run.completed", "run.failed", "run.cancelled")
_GOES_ON = ("run.pending", "run.running")
BUDGET = "budget"
"""Who pauses a run at a limit."""


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, in unix seconds; what has no end is infinite."""

    begin: float
    end: float

    def shared(self, other: "Span") -> float:
        """Seconds that lie in both."""
        return max(0.0, min(self.end, other.end) - max(self.begin, other.begin))


@dataclass(frozen=True, slots=True)
class Phase:
    """A run from its beginning, or from where it was retried, to the end that it came to then.

    Attributes:
        span: from when until when.
        status: that it came to.
        output: of a run that completed.
        failure: of one that failed.
        by: who cancelled it.
    """

    span: Span
    status: str
    output: Any
    failure: Mapping[str, Any] | None
    by: str


def phases(run: Mapping[str, Any], events: Events) -> list[Phase]:
    """All of them, in their order."""
    found, begun, end = list[Phase](), float(run["created_at"]), _NO_END
    for one in events:
        if one["kind"] in _ENDS:
            end = one
        elif one["kind"] == "run.pending" and one.get("why") == "retried" and end is not _NO_END:
            status = end["kind"].removeprefix("run.")
            span = Span(begun, end["at"])
            found.append(Phase(span, status, None, one.get("failure"), end.get("by", "")))
            begun, end = one["at"], _NO_END
    last = Span(begun, inf if run["ended_at"] is None else float(run["ended_at"]))
    by = end.get("by", "")
    return [*found, Phase(last, run["status"], run["output"], run["failure"], by)]


_NO_END: Mapping[str, Any] = {}


def retries(events: Events) -> Iterator[tuple[float, str]]:
    """When it was retried, and by whom."""
    for one in events:
        if one["kind"] == "run.pending" and one.get("why") == "retried":
            yield one["at"], one.get("by", "")


def paused(events: Events) -> list[tuple[Span, str]]:
    """From when until when it was to pause because somebody said so, and who."""
    asked = (one for one in events if one["kind"] in ("run.pausing", "run.paused"))
    begins = {one["seq"]: one["by"] for one in asked if one.get("by", BUDGET) != BUDGET}
    return list(_spans(events, begins, lambda why: why == "resumed"))


def out_of_budget(events: Events) -> list[Span]:
    """From when until when it was paused at a limit."""
    asked = (one for one in events if one["kind"] == "run.paused" and one.get("by") == BUDGET)
    return [span for span, _ in _spans(events, {one["seq"]: "" for one in asked}, bool)]


def _spans(events: Events, begins: Mapping[int, str], ends: Any) -> Iterator[tuple[Span, str]]:
    begin: tuple[float, str] | None = None
    for one in events:
        if one["seq"] in begins:
            begin = begin or (one["at"], begins[one["seq"]])
        elif begin and (one["kind"] in _ENDS or (one["kind"] in _GOES_ON and ends(one.get("why")))):
            yield Span(begin[0], one["at"]), begin[1]
            begin = None
    if begin:
        yield Span(begin[0], inf), begin[1]


def worked(span: Span, without: Iterable[Span]) -> float:
    """Seconds of it that lie in none of the others."""
    if span.end == inf:
        return inf
    left, at = 0.0, span.begin
    for one in sorted(without, key=lambda each: each.begin):
        if one.begin > at:
            left += max(0.0, min(one.begin, span.end) - at)
        at = max(at, one.end)
    return max(0.0, left + max(0.0, span.end - at))

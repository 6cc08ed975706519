"""A run of a swarm that has run, as its export tells it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from vrooli.execution.spending import Amount
from vrooli.execution.swarms.deciding import APPROVING
from vrooli.execution.swarms.simulating.life import Phase, Span, out_of_budget, paused, phases
from vrooli.execution.swarms.state import CHECKING, PLANNING
from vrooli.flow.budget import MICROS

SLACK = 1.0
"""Seconds within which all runs of a swarm are told to pause."""

Price = Callable[[int, int], int]
"""Millionths of a US dollar of so many tokens in and out."""


@dataclass
class Told:
    """A run of it.

    Attributes:
        data: as it was exported.
        place: names of all above and its own.
        number: of those for the same.
        task: whether a swarm started it.
        below: runs that it started.
        above: who started it.
        events: that tell of it, in their order.
        attempted: when each attempt of a step in it began, with all below it, unix seconds; of one
            that was retried.
    """

    data: Mapping[str, Any]
    place: tuple[str, ...] = ()
    number: int = 1
    task: bool = False
    below: list["Told"] = field(default_factory=list)
    above: "Told | None" = None
    events: list[Mapping[str, Any]] = field(default_factory=list)
    attempted: list[float] = field(default_factory=list)

    @property
    def path(self) -> str:
        """For people."""
        path = "/".join(self.place)
        return path if self.number == 1 else f"{path}[{self.number}]"

    @property
    def begun(self) -> float:
        """Unix seconds."""
        return float(self.data["created_at"])

    @property
    def takes(self) -> float:
        """Seconds; infinite when it has not ended."""
        ended = self.data["ended_at"]
        return inf if ended is None else max(0.0, float(ended) - self.begun)

    @property
    def is_task(self) -> bool:
        """Whether it is one of a plan."""
        beside = self.place[-1:] in ((PLANNING,), (CHECKING,))
        return self.task and not beside and self.data["routine"] != APPROVING

    @property
    def is_swarm(self) -> bool:
        """Whether it is replayed by its own tasks."""
        return self.above is None or bool(self.data.get("definition"))

    @property
    def phases(self) -> list[Phase]:
        """Its tries, each from where it was retried."""
        return phases(self.data, self.events)

    def pauses(self) -> list[tuple[Span, str, bool]]:
        """When somebody paused it, who, and whether with all below it. What was paused with one
        above it is no pause of its own.
        """
        outer = [span for up in self._up() for span, _, whole in up.pauses() if whole]
        below = [one for one in self.all() if one is not self]
        return [
            (span, by, _with_all(span, below))
            for span, by in paused(self.events)
            if not any(one.begin - SLACK <= span.begin <= one.end for one in outer)
        ]

    def rests(self) -> list[Span]:
        """When it did not go on, whoever paused it, or whatever was spent."""
        own = [span for span, _, _ in self.pauses()]
        outer = [span for up in self._up() for span, _, whole in up.pauses() if whole]
        return [*own, *outer, *out_of_budget(self.events)]

    def share(self, phase: Phase, price: Price | None) -> tuple[Amount, int]:
        """What one of its tries spent, and its attempts of steps."""
        amount = Amount(self.data["tokens"], self.micros(price))
        if len(self.phases) == 1:
            return amount, self.steps
        steps = sum(phase.span.begin <= at <= phase.span.end for at in self.attempted)
        spends = [one for one in self.data.get("spends") or () if _in(one[0], phase.span)]
        tokens = sum(int(one[2] or 0) for one in spends)
        micros = sum(int(one[1] or 0) for one in spends)
        if price is not None and amount.tokens:
            micros = round((amount.micros or 0) * tokens / amount.tokens)
        return Amount(tokens, micros), steps

    def _up(self) -> list["Told"]:
        return [] if self.above is None else [self.above, *self.above._up()]

    def all(self) -> list["Told"]:
        """It, and all below it."""
        return [self, *(one for below in self.below for one in below.all())]

    @property
    def steps(self) -> int:
        """Attempts in all of it."""
        return sum(int(one.data["attempts"]) for one in self.all())

    def micros(self, price: Price | None) -> int:
        """What all of it cost, or would at another price."""
        if price is None:
            return round(float(self.data["cost"]) * MICROS)
        asked = [one.data["asked"] for one in self.all()]
        return sum(price(one["input"], one["output"]) for one in asked if any(one.values()))

    def to_json(self, begin: float) -> dict[str, Any]:
        """As `simulation.run_shown`."""
        failure, takes = self.data["failure"], self.takes
        return {
            "path": self.path,
            "routine": self.data["routine"],
            "status": self.data["status"],
            "output": self.data["output"],
            "why": f"{failure['kind']}: {failure['reason']}" if failure else "",
            "began": round(self.begun - begin, 3),
            "took": None if takes == inf else round(takes, 3),
            "cost": self.micros(None) / MICROS,
            "tokens": self.data["tokens"],
            "steps": self.steps,
        }


def _in(at: float, span: Span) -> bool:
    return span.begin <= at <= span.end


def _with_all(span: Span, below: list[Told]) -> bool:
    """Whether what went on below it was paused as well, or nothing did."""
    near = Span(span.begin - SLACK, span.end)
    if any(_in(one.begin, near) for run in below for one, _ in paused(run.events)):
        return True
    return not any(run.begun <= span.begin < run.begun + run.takes for run in below)

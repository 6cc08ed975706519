"""What a swarm does anew when it is retried, and what that may cost; said before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.html import Tag
from vrooli.console.parts.run_again import named
from vrooli.console.run_feed import RunSeen
from vrooli.core.amounts import dollars

MORE = (
    "Questions that nobody approved are asked again. Whether the goal is met is looked at once "
    "more, and a coordinator, where there is one, may plan on."
)

_UNBEGUN = ("waiting", "cancelled")
"""Where a task is that has no run, the latter once its swarm was stopped or failed."""


@dataclass(frozen=True, slots=True)
class SwarmAnew:
    """What becomes of its tasks.

    Attributes:
        again: those that failed or were cut off, with as many tries as at first.
        first: those that had not begun.
        kept: those that are done or skipped, which stay so.
        spent: US dollars that the tries of those that are done anew took.
        tokens: likewise.
    """

    again: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    spent: float = 0.0
    tokens: int = 0


def anew_of(swarm: Mapping[str, Any] | None) -> SwarmAnew:
    """As it stands at its end. Pure."""
    tasks = swarm["plan"]["tasks"] if swarm else ()
    kept = [one for one in tasks if one["status"] in ("done", "skipped")]
    first = [one for one in tasks if one["status"] in _UNBEGUN and not one["run"]]
    again = [one for one in tasks if one not in kept and one not in first]
    return SwarmAnew(
        again=_names(again),
        first=_names(first),
        kept=_names(kept),
        spent=sum(float(one.get("cost") or 0) for one in again),
        tokens=sum(int(one.get("tokens") or 0) for one in again),
    )


def _names(tasks: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(one["task"]) for one in tasks)


def cost_said(found: SwarmAnew, run: Mapping[str, Any]) -> str:
    """What is known of what it may cost. Pure."""
    row = (run.get("budget") or {}).get("cost") or {}
    spent, limit = float(row.get("spent") or 0), row.get("limit")
    said = []
    if found.again:
        tokens = f" and {found.tokens:,} tokens" if found.tokens else ""
        said.append(f"Up to now what is done anew took {dollars(found.spent)}{tokens}.")
    if limit is None:
        said.append("No budget limits what it may cost.")
    else:
        left = max(0.0, float(limit) - spent)
        said.append(f"Of the budget of {dollars(float(limit))} it has {dollars(left)} left.")
    return " ".join(said)


def show_anew(seen: RunSeen) -> None:
    """It, in a dialog."""
    found = anew_of(seen.swarm)
    if seen.swarm is None:
        Tag("p", "It begins from the beginning: nothing of it was done.")
    else:
        for lead, names in (
            ("Done anew: ", found.again),
            ("Done for the first time: ", found.first),
            ("Kept as it is: ", found.kept),
        ):
            with Tag("p"):
                Tag("strong", lead)
                Tag("span", named(names))
        Tag("p", MORE, "soft")
    Tag("p", cost_said(found, seen.run))

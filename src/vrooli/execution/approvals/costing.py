"""What it costs to approve something, as far as one can tell before. Pure."""

from typing import Any, TypeVar

from vrooli.flow.budget import MICROS, BadBudget, Limits, limits

Number = TypeVar("Number", int, float)


def cost(what: Any, left: Limits, runs: int, median: int | None) -> dict[str, Any]:
    """`{most, before, runs}` in US dollars; `tokens` and `steps` at most, `time` in seconds from
    the start of what is limited.

    Args:
        what: is asked about; that of a swarm may have the `budget` of its task.
        left: what budgets leave; below nothing where more was spent.
        runs: how many like it were completed before.
        median: millionths that these cost.
    """
    own = _own(what)
    most = _least(own.micros, left.micros)
    return {
        "most": None if most is None else most / MICROS,
        "tokens": _least(own.tokens, left.tokens),
        "steps": _least(own.steps, left.steps),
        "time": _least(own.seconds, left.seconds),
        "before": median / MICROS if runs and median is not None else None,
        "runs": runs,
    }


def _least(*limits: Number | None) -> Number | None:
    return min((max(one, 0) for one in limits if one is not None), default=None)


def _own(what: Any) -> Limits:
    budget = what.get("budget") if isinstance(what, dict) else None
    try:
        return limits(budget)
    except BadBudget:
        return Limits()

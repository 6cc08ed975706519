"""What it costs to approve something, as far as one can tell before. Pure."""

from typing import Any

from vrooli.flow.budget import MICROS, BadBudget, limits


def cost(what: Any, left: int | None, runs: int, median: int | None) -> dict[str, Any]:
    """`{most, before, runs}` in US dollars.

    Args:
        what: is asked about; that of a swarm may have the `budget` of its task.
        left: millionths of a dollar that budgets leave; None where nothing limits it.
        runs: how many like it were completed before.
        median: millionths that these cost.
    """
    most = [one for one in (_limit(what), left) if one is not None]
    return {
        "most": min(most) / MICROS if most else None,
        "before": median / MICROS if runs and median is not None else None,
        "runs": runs,
    }


def _limit(what: Any) -> int | None:
    budget = what.get("budget") if isinstance(what, dict) else None
    try:
        return limits(budget).micros
    except BadBudget:
        return None

"""What approving something costs, in a sentence for people. Pure."""

from collections.abc import Mapping
from typing import Any

from vrooli.core.amounts import dollars, length


def cost_said(cost: Mapping[str, Any] | None) -> str:
    """Of an approval as the server tells it; empty where nothing is known."""
    if cost is None:
        return ""
    said = _limits_said(cost)
    if runs := cost["runs"]:
        said += f"; before: {dollars(cost['before'])} (median of {runs})"
    return said


def _limits_said(cost: Mapping[str, Any]) -> str:
    most, time = cost["most"], cost.get("time")
    said = [] if most is None else [dollars(most)]
    for kind in ("tokens", "steps"):
        if (limit := cost.get(kind)) is not None:
            said.append(f"{limit} {kind}")
    if time is not None:
        said.append(f"{length(time)} in all")
    if not said:
        return "no budget limits it"
    unlimited = "no limit of cost; " if most is None else ""
    return f"{unlimited}at most {', '.join(said)}"

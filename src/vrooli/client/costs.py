"""What approving something costs, in a sentence for people. Pure."""

from collections.abc import Mapping
from typing import Any

from vrooli.core.amounts import dollars


def cost_said(cost: Mapping[str, Any] | None) -> str:
    """Of an approval as the server tells it; empty where nothing is known."""
    if cost is None:
        return ""
    most, runs = cost["most"], cost["runs"]
    said = "no budget limits it" if most is None else f"at most {dollars(most)}"
    if runs:
        said += f"; before: {dollars(cost['before'])} (median of {runs})"
    return said

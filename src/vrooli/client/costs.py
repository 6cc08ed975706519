"""What approving something costs, in a sentence for people. Pure."""

from collections.abc import Mapping
from typing import Any


def cost_said(cost: Mapping[str, Any] | None) -> str:
    """Of an approval as the server tells it; empty where nothing is known."""
    if cost is None:
        return ""
    most, runs = cost["most"], cost["runs"]
    said = "no budget limits it" if most is None else f"at most {_dollars(most)}"
    if runs:
        said += f"; before: {_dollars(cost['before'])} (median of {runs})"
    return said


def _dollars(amount: float) -> str:
    return f"{amount:.2f} USD" if amount >= 1 or not amount else f"{amount:.4f} USD"

"""An approval in few words: what is asked, by which step, with which risk. Pure."""

from collections.abc import Mapping
from typing import Any

LONGEST = 120
"""Characters of a question where it is only named."""

Approval = Mapping[str, Any]


def title_said(one: Approval) -> str:
    """What is asked, in a line."""
    text = " ".join(str(one["message"]).split()) or "May this go on?"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def place_said(one: Approval) -> str:
    """Which step asks, and for which swarm, where it is for one."""
    swarm = f" for swarm {one['swarm']}" if one.get("swarm") else ""
    return f"step {one['path']} of run {one['run']}{swarm}"


def named(one: Approval) -> str:
    """Which it is, for people."""
    return f"{title_said(one)} ({place_said(one)})"


def risk_said(one: Approval) -> str:
    """The class of risk of what is asked; empty where it names none."""
    what = one.get("what")
    risk = what.get("risk") if isinstance(what, Mapping) else None
    return risk if isinstance(risk, str) else ""


def past_said(one: Approval, me: str) -> str:
    """Why it does not wait for a decision of that person any more; empty while it does."""
    status = one["status"]
    if status in ("approved", "rejected"):
        return f"{one.get('decided_by') or 'nobody'} has {status} it already"
    if status == "void":
        return "its run has ended"
    if status != "pending":
        return "the time to decide is over"
    return f"it is asked of {one['asked_of']} now" if one["asked_of"] != me else ""

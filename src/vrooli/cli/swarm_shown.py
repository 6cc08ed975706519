"""A swarm for people."""

from collections.abc import Mapping
from typing import Any

from vrooli.cli import render, run_budget
from vrooli.cli.run_untold import why
from vrooli.cli.run_watch import took_by_now
from vrooli.client.work import ENDED

LONGEST = 60
"""Columns of a value between others."""

MOST = 400
"""Characters of one at the end of a line, which goes on in the next."""

_TITLES = ("TASK", "STATUS", "BY", "AFTER", "RUN", "SAYS")


def row(swarm: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a list."""
    started = f"{render.ago(swarm['created_at'])} ago"
    head = (swarm["id"], swarm["name"], _stands(swarm), started)
    within = f"(within {swarm['parent']}) " if swarm["parent"] else ""
    goal = short(within + swarm["goal"], MOST)
    return (*head, str(swarm["runs"]), swarm["created_by"], goal)


def show_swarm(found: Mapping[str, Any]) -> None:
    """All of it."""
    state = found["swarm"]
    rows = {
        "swarm": f"{found['id']} ({found['routine']})",
        "within": found["parent"] or "",
        "goal": state["goal"] if state else "",
        "status": render.paint(_stands(found), _stands(found)),
        "by": found["created_by"],
        "took": took_by_now(found),
        "team": ", ".join(one["name"] for one in state["team"]) if state else "",
        "policy": _policy(found) if state else "",
        "budget": run_budget.short(found["budget"]),
        "output": _value(found["output"]) if found["output"] is not None else "",
    }
    rows["failure"] = why(found["failure"]) if found["failure"] else ""
    render.fields(rows, 9)
    if not state:
        render.note("it has not begun yet")
        return
    _plan(state["plan"])
    _board(state)


def _policy(found: Mapping[str, Any]) -> str:
    """What it says; what it does not, holds as everywhere. When its deadline falls due, while that
    may come.
    """
    policy = found["swarm"]["policy"]
    due = policy.get("due") if found["status"] not in ENDED else None
    when = {"deadline": f" (at {render.clock(due)}, in {render.until(due)})"} if due else {}
    said = [
        f"{key} {' '.join(value) or 'none' if isinstance(value, list) else value}"
        f"{when.get(key, '')}"
        for key, value in policy["value"].items()
    ]
    return ", ".join(said) or "as everywhere"


def _stands(swarm: Mapping[str, Any]) -> str:
    """One whose tasks run waits for nobody."""
    return "running" if swarm.get("working") else str(swarm["status"])


def _plan(plan: Mapping[str, Any]) -> None:
    render.out()
    render.out(f"plan, version {plan['version']}")
    if plan["tasks"]:
        render.table(_TITLES, [_task(one) for one in plan["tasks"]])
    for one in plan["tasks"]:
        # A table would cut it, and somebody has to do just that.
        if one["asks"]:
            render.prose(f"{one['task']} asks: {one['asks']}")


def _task(one: Mapping[str, Any]) -> tuple[str, ...]:
    who = one.get("agent") or one.get("routine") or "a person"
    who = "a person" if one.get("handed") else who
    says = one["why"] or (_value(one["output"]) if one["status"] == "done" else "")
    tries = f" ({one['tries']} tries)" if one["tries"] > 1 else ""
    after = ", ".join(one["after"]) or "-"
    return one["task"], f"{one['status']}{tries}", who, after, one["run"] or "-", short(says, MOST)


def _board(state: Mapping[str, Any]) -> None:
    if state["board"]:
        render.out()
        rows = [
            (name, short(_value(one["value"])), str(one["version"]), one["by"])
            for name, one in state["board"].items()
        ]
        render.table(("BLACKBOARD", "VALUE", "VERSION", "BY"), rows)
    for one in state["messages"]:
        render.prose(f"{one['by']}: {short(_value(one['text']), MOST)}")
    if state["problems"]:
        render.prose(f"the last plan was refused: {state['problems']}")


def _value(value: Any) -> str:
    return value if isinstance(value, str) else render.written(value)


def short(text: str, most: int = LONGEST) -> str:
    """In one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"

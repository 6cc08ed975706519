"""Two swarms side by side: two attempts at one goal, a fork and what it was forked from, a swarm
and its replay. Pure: of what `GET /swarms/{run}` says of each, and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vrooli.client.swarm_texts import difference
from vrooli.core.amounts import dollars, length

Shown = Mapping[str, Any]
"""A swarm as `GET /swarms/{run}` says: its run, and `swarm`, which may be null."""

DOCUMENTS = ("inputs", "policy", "board", "output")
"""Told by what differs in them, line by line."""


def compared(one: Shown, other: Shown) -> dict[str, Any]:
    """What is the same in two swarms, and what is not.

    Returns:
        `facts`: `{name, one, other, same}` each, as words; `tasks` of both plans: `{task, one,
        other, same, differs}` each, in words, null where a plan does not have it, `differs` being
        lines of a diff of what they came to; `documents`: `{name: lines of a diff}`.
    """
    pairs = [(name, say(one), say(other)) for name, say in _FACTS.items()]
    facts = [
        {"name": name, "one": first, "other": second, "same": first == second}
        for name, first, second in pairs
    ]
    parts = [(name, _part(one, name), _part(other, name)) for name in DOCUMENTS]
    documents = {name: difference(*pair) for name, *pair in parts if None not in pair}
    return {"facts": facts, "tasks": _tasks(one, other), "documents": documents}


def widest(tasks: Sequence[Mapping[str, Any]]) -> int:
    """How many tasks were under way at once, at most."""
    moments = list[tuple[float, int]]()
    for task in tasks:
        if task.get("began_at") is not None:
            moments.append((task["began_at"], 1))
            if task.get("ended_at") is not None:
                moments.append((task["ended_at"], -1))
    most = now = 0
    for _, step in sorted(moments):  # at one moment what ends comes first
        now += step
        most = max(most, now)
    return most


def _tasks(one: Shown, other: Shown) -> list[dict[str, Any]]:
    first, second = ({task["task"]: task for task in _of(swarm)} for swarm in (one, other))
    found = []
    for name in [*first, *(name for name in second if name not in first)]:
        pair = first.get(name), second.get(name)
        words = [_task_said(task) if task else None for task in pair]
        done = [task["output"] for task in pair if task and task["status"] == "done"]
        differs = difference(*done) if len(done) == len(pair) else []
        stands = [(task["status"], task["tries"]) if task else None for task in pair]
        same = stands[0] == stands[1] and not differs
        row = {"task": name, "one": words[0], "other": words[1]}
        found.append({**row, "same": same, "differs": differs})
    return found


def _task_said(task: Mapping[str, Any]) -> str:
    """How it stands, how often it was tried, what it took."""
    tries, approvals = task["tries"], task.get("approvals", 0)
    told = [
        task["status"],
        f"{tries} tries" if tries > 1 else "",
        f"asked {approvals} times" if approvals > 1 else "asked" if approvals else "",
        length(_took(task, "began_at")),
        dollars(task["cost"]) if task.get("cost") else "",
    ]
    return ", ".join(one for one in told if one)


def _took(one: Mapping[str, Any], began: str) -> float | None:
    first, last = one.get(began), one.get("ended_at")
    return None if first is None or last is None else max(0.0, last - first)


def _of(one: Shown) -> list[Mapping[str, Any]]:
    return list(one["swarm"]["plan"]["tasks"]) if one.get("swarm") else []


def _part(one: Shown, name: str) -> Any:
    swarm = one.get("swarm") or {}
    if name == "policy":
        return swarm["policy"]["value"] if swarm else None
    if name == "board":
        return {key: stands["value"] for key, stands in swarm.get("board", {}).items()}
    return one.get(name)


def _end(one: Shown) -> str:
    failure = one.get("failure")
    return f"{one['status']}: {failure['kind']}, {failure['reason']}" if failure else one["status"]


def _spent(kind: str, say: Callable[[Any], str] = str) -> Callable[[Shown], str]:
    def said(one: Shown) -> str:
        line = (one.get("budget") or {}).get(kind) or {"spent": 0, "limit": None}
        of = f" of {say(line['limit'])}" if line["limit"] is not None else ""
        return f"{say(line['spent'])}{of}"

    return said


def _tasks_done(one: Shown) -> str:
    tasks = _of(one)
    return f"{sum(task['status'] == 'done' for task in tasks)} of {len(tasks)} done"


_FACTS: dict[str, Callable[[Shown], str]] = {
    "goal": lambda one: one["swarm"]["goal"] if one.get("swarm") else "",
    "routine": lambda one: f"{one['routine']} {one.get('version', '')[:12]}".strip(),
    "end": _end,
    "took": lambda one: length(_took(one, "created_at")),
    "cost": _spent("cost", dollars),
    "tokens": _spent("tokens"),
    "steps": _spent("steps"),
    "time": _spent("time", length),
    "tasks": _tasks_done,
    "tries": lambda one: str(sum(task["tries"] for task in _of(one))),
    "approvals asked": lambda one: str(sum(task.get("approvals", 0) for task in _of(one))),
    "messages": lambda one: str(len(one["swarm"]["messages"])) if one.get("swarm") else "0",
    "plan versions": lambda one: str(one["swarm"]["plan"]["version"]) if one.get("swarm") else "0",
    "widest": lambda one: str(widest(_of(one))),
}

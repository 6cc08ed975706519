"""Two swarms side by side: two attempts at one goal, a fork and what it was forked from, a swarm
and its replay. Pure: of what is told of each, and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.client.swarm_texts import difference
from vrooli.core.amounts import dollars, length

Shown = Mapping[str, Any]
"""A swarm as `GET /swarms/{run}` says: its run, and `swarm`, which may be null."""

NEAR = 0.1
"""Lengths of time that differ by no more than this share, or by a second, are the same."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a swarm came to.

    Attributes:
        goal: in words.
        routine: which, and which version where that is known.
        status: of its run.
        failure: `kind` and `reason`, where it failed.
        took: seconds; None before its end.
        budget: `spent` and `limit` of `cost`, `tokens`, `steps` and `time`.
        tasks: `task`, `status`, `tries`, `approvals`, `took`, `cost` and `output` each.
        messages: how many.
        plans: versions of its plan.
        widest: tasks that were under way at once, at most.
        documents: told by what differs in them, line by line: `inputs`, `policy`, `board`,
            `output`, as far as they are known.
    """

    goal: str
    routine: str
    status: str
    failure: Mapping[str, Any] | None
    took: float | None
    budget: Mapping[str, Any]
    tasks: Sequence[Mapping[str, Any]]
    messages: int
    plans: int
    widest: int
    documents: Mapping[str, Any]


def outcome(shown: Shown) -> Outcome:
    """Of a swarm that a server shows."""
    swarm = shown.get("swarm") or {}
    documents = {"inputs": shown.get("inputs"), "output": shown.get("output")}
    board = {key: stands["value"] for key, stands in swarm.get("board", {}).items()}
    policy = swarm["policy"]["value"] if swarm else None
    tasks = swarm["plan"]["tasks"] if swarm else ()
    return Outcome(
        goal=swarm.get("goal", ""),
        routine=f"{shown['routine']} {shown.get('version', '')[:12]}".strip(),
        status=shown["status"],
        failure=shown.get("failure"),
        took=_took(shown, "created_at"),
        budget=shown.get("budget") or {},
        tasks=[{**task, "took": _took(task, "began_at")} for task in tasks],
        messages=len(swarm.get("messages", ())),
        plans=swarm["plan"]["version"] if swarm else 0,
        widest=widest(tasks),
        documents={**documents, "policy": policy, "board": board},
    )


def compared(one: Outcome, other: Outcome) -> dict[str, Any]:
    """What is the same in two swarms, and what is not.

    Returns:
        `facts`: `{name, one, other, same}` each, as words; `tasks` of both: `{task, one, other,
        same, differs}` each, in words, null where a plan does not have it, `differs` being lines of
        a diff of what they came to; `documents`: `{name: lines of a diff}`.
    """
    near = {"took": _near(one.took, other.took), "time": _near_time(one, other)}
    facts = [
        {"name": name, "one": first, "other": second, "same": near.get(name, first == second)}
        for name, first, second in ((name, say(one), say(other)) for name, say in _FACTS.items())
    ]
    parts = [(name, one.documents.get(name), other.documents.get(name)) for name in _DOCUMENTS]
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


def _tasks(one: Outcome, other: Outcome) -> list[dict[str, Any]]:
    first, second = ({task["task"]: task for task in swarm.tasks} for swarm in (one, other))
    return [_task(name, first.get(name), second.get(name)) for name in {**first, **second}]


def _task(name: str, *pair: Mapping[str, Any] | None) -> dict[str, Any]:
    words = [_task_said(task) if task else None for task in pair]
    done = [task["output"] for task in pair if task and task["status"] == "done"]
    differs = difference(*done) if len(done) == len(pair) else []
    stands = [_stands(task) if task else None for task in pair]
    near = _near(*(task["took"] if task else None for task in pair))
    same = stands[0] == stands[1] and near and not differs
    return {"task": name, "one": words[0], "other": words[1], "same": same, "differs": differs}


def _stands(task: Mapping[str, Any]) -> tuple[Any, ...]:
    """But for how long it took."""
    return task["status"], task["tries"], task.get("approvals", 0), task.get("cost", 0)


def _near_time(*swarms: Outcome) -> bool:
    first, second = (one.budget.get("time") or {"spent": 0.0, "limit": None} for one in swarms)
    return bool(first["limit"] == second["limit"]) and _near(first["spent"], second["spent"])


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= max(1.0, NEAR * max(one, other))


def _task_said(task: Mapping[str, Any]) -> str:
    """How it stands, how often it was tried, what it took."""
    tries, approvals = task["tries"], task.get("approvals", 0)
    told = [
        task["status"],
        f"{tries} tries" if tries > 1 else "",
        f"asked {approvals} times" if approvals > 1 else "asked" if approvals else "",
        length(task["took"]),
        dollars(task["cost"]) if task.get("cost") else "",
    ]
    return ", ".join(one for one in told if one)


def _took(one: Mapping[str, Any], began: str) -> float | None:
    first, last = one.get(began), one.get("ended_at")
    return None if first is None or last is None else max(0.0, last - first)


def _end(one: Outcome) -> str:
    failure = one.failure
    return f"{one.status}: {failure['kind']}, {failure['reason']}" if failure else one.status


def _spent(kind: str, say: Callable[[Any], str] = str) -> Callable[[Outcome], str]:
    def said(one: Outcome) -> str:
        line = one.budget.get(kind) or {"spent": 0, "limit": None}
        of = f" of {say(line['limit'])}" if line["limit"] is not None else ""
        return f"{say(line['spent'])}{of}"

    return said


def _tasks_done(one: Outcome) -> str:
    """Of its own; a replay knows those of swarms within as well, by their path."""
    own = [task for task in one.tasks if "/" not in task["task"]]
    done = sum(task["status"] == "done" for task in own)
    return f"{done} of {len(own)} done"


_DOCUMENTS = ("inputs", "policy", "board", "output")

_FACTS: dict[str, Callable[[Outcome], str]] = {
    "goal": lambda one: one.goal,
    "routine": lambda one: one.routine,
    "end": _end,
    "took": lambda one: length(one.took),
    "cost": _spent("cost", dollars),
    "tokens": _spent("tokens"),
    "steps": _spent("steps"),
    "time": _spent("time", length),
    "tasks": _tasks_done,
    "tries": lambda one: str(sum(task["tries"] for task in one.tasks)),
    "approvals asked": lambda one: str(sum(task.get("approvals", 0) for task in one.tasks)),
    "messages": lambda one: str(one.messages),
    "plan versions": lambda one: str(one.plans),
    "widest": lambda one: str(one.widest),
}

"""What a swarm came to that was simulated, or that has run, so that two can be compared. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.client.swarm_comparing import Outcome
from vrooli.execution.swarms.deciding import APPROVING
from vrooli.execution.swarms.state import APPROVAL, PERSON

_NUMBER = re.compile(r"\[\d+\]$")
_WORDS = {"completed": "done"}
_SHORT = ("swarm", "status", "output", "failure", "took", "cost", "tokens", "steps", "widest")


def outcome(found: Mapping[str, Any]) -> Outcome:
    """Of what `Simulated.to_json` or `Recorded.to_json` says."""
    spent = {"time": found["took"], **{kind: found[kind] for kind in ("cost", "tokens", "steps")}}
    limits = found["limits"]
    return Outcome(
        goal=found["goal"],
        routine=found["swarm"],
        status=found["status"],
        failure=found["failure"],
        took=found["took"],
        budget={kind: {"spent": spent[kind], "limit": limits[kind]} for kind in limits},
        tasks=_tasks(found),
        messages=found["messages"],
        plans=found["plans"],
        widest=found["widest"],
        documents={key: found[key] for key in ("inputs", "policy", "board", "output")},
    )


def short(found: Mapping[str, Any]) -> dict[str, Any]:
    """In a few values, for programs."""
    begun = [task["path"] for task in found["tasks"]]
    asked = [beside["path"] for beside in found["beside"] if beside["routine"] == APPROVING]
    return {**{key: found[key] for key in _SHORT}, "begun": begun, "asked": asked}


def _tasks(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of the plan, and those of swarms within that began, each with all its tries."""
    runs: dict[str, list[Mapping[str, Any]]] = {one["task"]: [] for one in found["plan"]}
    for one in found["tasks"]:
        runs.setdefault(_task(one["path"], PERSON), []).append(one)
    asked = [_task(one["path"], APPROVAL) for one in found["beside"]]
    waiting = {name: "failed" for name in found["unmade"]}
    waiting |= {name: "skipped" for name in found["skipped"]}
    return [
        _row(name, tries, asked.count(name), waiting.get(name, "waiting"))
        for name, tries in runs.items()
    ]


def _task(path: str, beside: str) -> str:
    return _NUMBER.sub("", path).removesuffix(f"/{beside}")


def _row(name: str, tries: Sequence[Mapping[str, Any]], asked: int, else_: str) -> dict[str, Any]:
    none: Mapping[str, Any] = {"status": else_, "output": None, "took": None, "began": 0.0}
    last = tries[-1] if tries else none
    took = None if last["took"] is None else last["began"] + last["took"] - tries[0]["began"]
    return {
        "task": name,
        "status": _WORDS.get(last["status"], last["status"]),
        "tries": len(tries),
        "approvals": asked,
        "took": took,
        "cost": round(sum(one["cost"] for one in tries), 6),
        "output": last["output"],
    }

"""Two swarms side by side."""

from typing import Any

from vrooli.client.swarm_comparing import compared, outcome, widest


def task(name: str, status: str = "done", **more: Any) -> dict[str, Any]:
    rest = {"tries": 1, "output": None, "cost": 0.0, "tokens": 0, "approvals": 0}
    return {"task": name, "status": status, "began_at": 1.0, "ended_at": 3.0, **rest, **more}


def swarm(*tasks: dict[str, Any], width: int = 2, **run: Any) -> dict[str, Any]:
    plan = {"version": 1, "by": "swarm", "tasks": list(tasks)}
    policy = {"version": 1, "by": "swarm", "value": {"width": width}}
    board = {"n": {"value": 1, "version": 1, "by": "r"}}
    state = {"goal": "g", "plan": plan, "policy": policy, "board": board, "messages": []}
    return {
        "id": "s",
        "routine": "triage",
        "status": "completed",
        "inputs": {"n": 1},
        "output": 1,
        "failure": None,
        "created_at": 1.0,
        "ended_at": 9.0,
        "budget": {"cost": {"limit": 1.0, "spent": 0.25}},
        "swarm": state,
        **run,
    }


def test_what_is_the_same_is_told_from_what_is_not() -> None:
    first = swarm(task("a", output=1), task("b", "failed", tries=2, approvals=1, cost=0.25))
    failure = {"kind": "task", "reason": "b failed"}
    second = swarm(
        task("a", output=2), task("c"), width=3, status="failed", failure=failure, output=None
    )
    found = compared(outcome(first), outcome(second))
    facts = {one["name"]: (one["one"], one["other"], one["same"]) for one in found["facts"]}
    assert facts["goal"] == ("g", "g", True)
    assert facts["end"] == ("completed", "failed: task, b failed", False)
    assert facts["took"] == ("8 s", "8 s", True)
    assert facts["cost"] == ("$0.25 of $1.00", "$0.25 of $1.00", True)
    assert facts["tasks"] == ("1 of 2 done", "2 of 2 done", False)
    assert facts["approvals asked"] == ("1", "0", False)
    rows = {one["task"]: one for one in found["tasks"]}
    assert list(rows) == ["a", "b", "c"]
    assert (rows["a"]["differs"][-2:], rows["a"]["same"]) == (["-1", "+2"], False)
    assert rows["b"]["one"] == "failed, 2 tries, asked, 2 s, $0.25"
    assert rows["b"]["other"] is None
    assert rows["c"]["one"] is None
    assert found["documents"]["inputs"] == found["documents"]["board"] == []
    assert '+  "width": 3' in found["documents"]["policy"]
    assert "output" not in found["documents"]  # one of them has none


def test_tasks_of_swarms_within_are_not_counted_as_its_own() -> None:
    """A replay tells of these as well, by their path."""
    real, replayed = swarm(task("a")), swarm(task("a"), task("a/b", "waiting"))
    found = compared(outcome(real), outcome(replayed))
    facts = {one["name"]: (one["one"], one["other"], one["same"]) for one in found["facts"]}
    assert facts["tasks"] == ("1 of 1 done", "1 of 1 done", True)


def test_one_that_has_not_begun_is_compared_as_well() -> None:
    found = compared(
        outcome(swarm(task("a"))), outcome(swarm(swarm=None, status="pending", ended_at=None))
    )
    assert [one["other"] for one in found["tasks"]] == [None]
    facts = {one["name"]: one["other"] for one in found["facts"]}
    assert (facts["goal"], facts["took"], facts["widest"]) == ("", "", "0")
    assert list(found["documents"]) == ["inputs", "board", "output"]


def test_how_wide_it_was() -> None:
    waits: dict[str, Any] = {"began_at": None, "ended_at": None}
    spans = [(1.0, 3.0), (3.0, 5.0), (4.0, None), (4.5, 6.0)]
    tasks = [task("x", began_at=began, ended_at=ended) for began, ended in spans]
    assert widest([*tasks, task("w", **waits)]) == 3
    assert widest([]) == 0

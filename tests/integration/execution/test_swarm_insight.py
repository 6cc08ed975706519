"""What is told of all three tiers of a swarm, on a real PostgreSQL."""

import json
import secrets
from typing import Any

import pytest

from tests.support.trees import Place
from tests.support.waiting import eventually
from vrooli.core.errors import UnknownName
from vrooli.execution.swarms.insight import PARTS
from vrooli.execution.swarms.store import Put
from vrooli.execution.swarms.swarms import Swarms


async def under_way(here: Place) -> str:
    """A swarm with a run whose step waits, another whose output is large, and a message."""
    waits = await here.put({"step": "w", "wait": {"seconds": 3600}})
    large = await here.put({"step": "v", "value": {"text": "x" * 70_000}}, output="${steps.v}")
    plan = [{"task": "a", "routine": waits}, {"task": "b", "routine": large}]
    name = f"s-{secrets.token_hex(4)}"
    await here.work.swarms.put({"name": name, "goal": "find out", "plan": plan})
    run = await here.start(name)

    async def stands() -> bool:
        tasks = (await here.work.swarms.show(run))["swarm"]
        return tasks is not None and tasks["plan"]["tasks"][1]["status"] == "done"

    await eventually(stands, "one is done")
    await here.work.swarms.say(run, "hurry", "somebody", None)
    await here.work.swarms.write(run, Put("policy", {"width": 1}, "somebody"))
    return run


async def test_each_tier_is_told(here: Place) -> None:
    run = await under_way(here)
    found = await here.work.swarms.debug(run)
    rows = {one["path"]: one for one in found["runs"]}
    assert rows[None]["id"] == run
    assert rows["swarm/b"]["status"] == "completed"
    assert {one["path"] for one in found["steps"]} >= {"w"}
    waiting = rows["swarm/a"]
    if waiting["status"] == "running":
        assert found["owners"][0]["owner"] == waiting["owner"]
    assert (found["why"]["code"], found["why"]["step"]) == ("wait", "a")
    assert sum(found["counts"].values()) == len(found["runs"]) == 3
    assert found["events"][-1]["seq"] > found["events"][0]["seq"]
    within = await here.work.swarms.insight.tiers(waiting["id"], run)
    assert {one["run"] for one in within["events"]} == {waiting["id"]}
    with pytest.raises(UnknownName) as unknown:
        await here.work.swarms.finish(run, "most", 1, "somebody")
    assert unknown.value.next_step == f"`vrooli swarm show {run}` shows its tasks"
    await here.work.swarms.stop(run, "somebody")
    stopped = await here.work.swarms.why(run)
    assert stopped.says == "it was cancelled by somebody"
    assert stopped.command == f"vrooli run retry {run}"


async def test_what_people_are_to_do_is_told_of_all_swarms(here: Place) -> None:
    name, views = f"s-{secrets.token_hex(4)}", here.work.swarms.views
    plan = [{"task": "look", "person": "Count them"}]
    await here.work.swarms.put({"name": name, "goal": "find out", "plan": plan})
    run = await here.start(name)
    (task,) = await eventually(lambda: views.for_people("", None, 9), "a person is waited for")
    assert [task[key] for key in ("swarm", "task", "what")] == [run, "look", "Count them"]
    assert not await views.for_people("", (task["since"], task["run"]), 9)
    assert not await views.for_people("somebody else", None, 9)
    await here.work.swarms.finish(run, "look", 3, "somebody")
    assert not await views.for_people("", None, 9)


async def test_all_that_is_kept_comes_page_by_page(here: Place) -> None:
    run = await under_way(here)
    found = await _all(here.work.swarms, run)
    assert found["definition"]["name"] == found["routine"]
    versions = [(one["name"], one["version"]) for one in found["documents"]]
    assert {("plan", 1), ("policy", 1), ("policy", 2)} <= set(versions)
    assert [one["text"] for one in found["messages"]] == ["hurry"]
    large = next(one for one in found["runs"] if one["path"] == "swarm/b")
    assert large["output"] is None
    assert large["artifact"]["bytes"] > 70_000
    assert (large["attempts"], large["cost"], large["definition"]) == (1, 0, None)
    assert {one["path"] for one in found["steps"]} == {"swarm", "w", "v"}
    numbers = [one["seq"] for one in found["events"]]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_what_models_were_given_is_told(here: Place) -> None:
    run = await under_way(here)
    below = (await here.fetch("SELECT id FROM runs WHERE parent = $1 LIMIT 1", run))[0][0]
    usage = {"usage": {"input_tokens": 50, "output_tokens": 7}}
    note = json.dumps({"request": "-", "value": usage})
    noted = "INSERT INTO steps (run, path, attempt, type, status, output) VALUES ($1, $2, $3, $4,"
    await here.fetch(f"{noted} 'completed', $5::json)", below, "v/model[1]", 1, "model", note)
    spent = "INSERT INTO budgets (run, tokens_spent, micros_spent) VALUES ($1, 57, 1500)"
    await here.fetch(spent, below)
    found = {one["id"]: one for one in (await _all(here.work.swarms, run))["runs"]}[below]
    assert (found["asked"], found["tokens"]) == ({"input": 50, "output": 7}, 57)
    assert (found["cost"], found["attempts"]) == (0.0015, 1)


async def _all(swarms: Swarms, run: str) -> dict[str, Any]:
    """Two records a page."""
    found, place = dict[str, Any](), None
    while True:
        page = await swarms.export(run, place, 2)
        found.update(page["swarm"] or {})
        found.setdefault(page["part"], []).extend(page["records"])
        place = page["next"]
        if place is None:
            assert list(found)[-len(PARTS) :] == list(PARTS)
            return found

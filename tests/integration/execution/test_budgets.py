"""Budgets of runs and of trees, on a real PostgreSQL."""

import asyncio
import json
import secrets
from typing import Any

import pytest

from tests.support.openai_server import hangs, openai_server
from tests.support.steps import call, tools
from tests.support.trees import Place, goes_on, place, sub
from tests.support.until import until
from tests.support.waiting import eventually
from tests.support.work import VERSION
from vrooli.core.errors import Refused
from vrooli.execution.executor import StepExecutor
from vrooli.execution.live.events import EventStore
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Provider
from vrooli.execution.postgres_spending import PostgresSpending
from vrooli.execution.runs.child_store import ChildStore, NewChild
from vrooli.execution.runs.children import child_id
from vrooli.execution.runs.store import NewRun, RunStore
from vrooli.execution.spending import Amount
from vrooli.execution.step_type import StepFailed
from vrooli.flow.budget import Limits, OverBudget
from vrooli.flow.entries import Begun, Entry, Finished
from vrooli.flow.journal import Written
from vrooli.host.clock import SystemClock
from vrooli.host.memory.secrets import MemorySecrets

SPENDING = goes_on("x")


@pytest.fixture
def spending(here: Place) -> PostgresSpending:
    return PostgresSpending(here.database, SystemClock())


async def of(here: Place, run: str, kind: str) -> tuple[Any, ...]:
    """Spent, set aside and limit."""
    line = (await here.work.runs.views.get(run))["budget"][kind]
    return line["spent"], line["reserved"], line["limit"]


async def under_way(here: Place, budget: dict[str, Any] | None, inner: Any = None) -> str:
    """A run whose step goes on for long."""
    return await here.start(await here.put(inner or SPENDING), budget=budget)


async def tree(here: Place, above: dict[str, Any] | None, below: Any) -> tuple[str, str]:
    """A run, and one that it started, with budgets."""
    leaf = await here.put(SPENDING, budget=below)
    run = await under_way(here, above, sub("a", leaf))
    (child,) = await here.below(run, 1)
    return run, child


async def test_what_is_set_aside_is_settled_with_the_real_figure(
    here: Place, spending: PostgresSpending
) -> None:
    run = await under_way(here, {"tokens": 100, "cost": 1})
    await spending.reserve(run, "a", Amount(60, 500_000))
    assert await of(here, run, "tokens") == (0, 60, 100)
    assert await of(here, run, "cost") == (0, 0.5, 1)
    with pytest.raises(StepFailed, match="60 spent or set aside: 41 more") as refused:
        await spending.reserve(run, "b", Amount(41, 0))
    assert refused.value.kind == "budget"
    await spending.settle(run, "a", Amount(20, 123_456))
    assert await of(here, run, "tokens") == (20, 0, 100)
    assert await of(here, run, "cost") == (0.123456, 0, 1)
    await spending.reserve(run, "b", Amount(41, 0))


async def test_the_same_key_twice_is_nothing_new(here: Place, spending: PostgresSpending) -> None:
    run = await under_way(here, {"tokens": 100})
    await asyncio.gather(*(spending.reserve(run, "a", Amount(60)) for _ in range(8)))
    assert await of(here, run, "tokens") == (0, 60, 100)
    await asyncio.gather(*(spending.settle(run, "a", Amount(50)) for _ in range(8)))
    assert not await spending.reserve(run, "a", Amount(60)), "that is spent"
    assert await of(here, run, "tokens") == (50, 0, 100)


async def test_an_unknown_price_is_refused_where_cost_is_limited(
    here: Place, spending: PostgresSpending
) -> None:
    limited, child = await tree(here, {"cost": 5}, {"tokens": 10})
    for run in (limited, child):
        with pytest.raises(StepFailed, match="nobody knows the price"):
            await spending.reserve(run, "a", Amount(1, None))
    free = await under_way(here, None)
    await spending.reserve(free, "a", Amount(1, None))
    await spending.settle(free, "a", Amount(1, None))
    budget = (await here.work.runs.views.get(free))["budget"]
    assert (budget["tokens"]["spent"], budget["cost"]["spent"], budget["unpriced"]) == (1, 0, 1)


async def test_what_a_child_spends_comes_out_of_its_parent(
    here: Place, spending: PostgresSpending
) -> None:
    run, child = await tree(here, {"tokens": 100}, {"tokens": 200})
    await spending.reserve(child, "a", Amount(70))
    assert await of(here, run, "tokens") == (0, 70, 100)
    assert await of(here, child, "tokens") == (0, 70, 200)
    for one in (run, child):
        with pytest.raises(StepFailed, match="100 tokens"):
            await spending.reserve(one, "b", Amount(31))
    await spending.settle(child, "a", Amount(10))
    assert await of(here, run, "tokens") == (10, 0, 100)


async def test_more_than_was_set_aside_is_told_as_it_is(
    here: Place, spending: PostgresSpending
) -> None:
    run = await under_way(here, {"tokens": 100})
    await spending.reserve(run, "a", Amount(90))
    await spending.settle(run, "a", Amount(120))
    assert await of(here, run, "tokens") == (120, 0, 100)
    with pytest.raises(StepFailed):
        await spending.reserve(run, "b", Amount(1))


async def test_what_a_crash_left_set_aside_is_free_when_its_run_ends(
    here: Place, spending: PostgresSpending
) -> None:
    """Not settled by a replay, for there is none; what comes late is spent all the same."""
    run, child = await tree(here, {"tokens": 100}, None)
    await spending.reserve(child, "a", Amount(60))
    await spending.reserve(run, "a", Amount(30))
    await here.work.runs.cancel(child, "somebody")
    assert (await here.end(run))["status"] == "failed"
    assert await of(here, run, "tokens") == (0, 0, 100)
    assert await of(here, child, "tokens") == (0, 0, None)
    await spending.settle(child, "a", Amount(5))
    assert await of(here, run, "tokens") == (5, 0, 100)
    with pytest.raises(StepFailed, match="has ended"):
        await spending.reserve(child, "b", Amount(1))


async def test_a_model_request_that_a_cancel_of_its_run_cuts_off_is_spent(
    here: Place, spending: PostgresSpending
) -> None:
    """What was set aside for it was free again before."""
    run = await under_way(here, {"tokens": 100_000})
    async with openai_server() as (server, url):
        server.answers(hangs())
        models = Models(
            ModelSettings({"house": Provider("house", "openai", url)}),
            MemorySecrets(),
            SystemClock(),
        )
        executor = StepExecutor(run, tools(models=models, spending=spending, clock=SystemClock()))
        step = call("llm", {"model": "house:fake", "prompt": "How is it?"})
        asking = asyncio.create_task(executor.execute(step, 0.0))
        await until(lambda: bool(server.asked))
        _, most, _ = await of(here, run, "tokens")
        await here.work.runs.cancel(run, "somebody")
        assert await of(here, run, "tokens") == (0, 0, 100_000)
        asking.cancel()
        await asyncio.wait([asking])
    await until(lambda: not models.owed.open)
    assert await of(here, run, "tokens") == (most, 0, 100_000)


async def test_what_a_step_spent_counts_from_when_it_last_completed(
    here: Place, spending: PostgresSpending
) -> None:
    run = await under_way(here, None)

    async def spend(step: str, number: int, micros: int) -> None:
        key = f"{run}:{step}/model[1]:0123456789abcdef:{number}"
        await spending.reserve(run, key, Amount(1, 100))
        await spending.settle(run, key, Amount(1, micros))

    await spend("a", 1, 70)
    await spend("a", 2, 30)
    await spend("ab", 1, 1)
    assert await spending.spent(run, "a") == 100
    await here.fetch(
        "INSERT INTO steps (run, path, attempt, type, status, output, ended_at)"
        " VALUES ($1, 'a', 1, 'llm', 'completed', 'null', clock_timestamp())",
        run,
    )
    assert await spending.spent(run, "a") == 0
    await spend("a", 3, 5)
    assert await spending.spent(run, "a") == 5


@pytest.mark.parametrize(("above", "below"), [("stop", "pause"), ("pause", "stop")])
async def test_at_a_limit_above_the_nearest_says_what_happens(
    here: Place, spending: PostgresSpending, above: str, below: str
) -> None:
    """Also where it limits nothing itself."""
    routine = await here.put(goes_on("x"), budget={"on_limit": below})
    run = await under_way(here, {"tokens": 10, "on_limit": above}, sub("a", routine))
    (child,) = await here.below(run, 1)
    with pytest.raises(OverBudget if below == "pause" else StepFailed):
        await spending.reserve(child, "a", Amount(20))
    with pytest.raises(OverBudget if above == "pause" else StepFailed):
        await spending.reserve(run, "a", Amount(20))


async def test_where_it_says_pause_nothing_fails(here: Place, spending: PostgresSpending) -> None:
    run = await under_way(here, {"tokens": 1, "on_limit": "pause"})
    with pytest.raises(OverBudget):
        await spending.reserve(run, "a", Amount(2))


@pytest.mark.parametrize("do", ["one after the other", "side by side"])
async def test_steps_are_counted_and_no_more_are_written(here: Place, do: str) -> None:
    steps = [{"step": f"s{n}", "value": {}} for n in range(10)]
    graph = steps if do == "one after the other" else [{"parallel": [[one] for one in steps]}]
    run = await here.start(await here.put(*graph), budget={"steps": 7})
    found = await here.end(run)
    assert (found["status"], found["failure"]["kind"]) == ("failed", "budget")
    assert await of(here, run, "steps") == (7, 0, 7)
    rows = await here.fetch("SELECT count(*) FROM steps WHERE run = $1", run)
    assert rows == [(7,)]
    enough = await here.start(await here.put(*graph), budget={"steps": 10})
    assert (await here.end(enough))["status"] == "completed"


async def test_steps_of_a_tree_count_together_and_each_run_has_its_own_limit(here: Place) -> None:
    steps = [{"step": f"s{n}", "value": {}} for n in range(5)]
    leaf = await here.put(*steps)
    capped = {"step": "a", "routine": {"name": leaf, "budget": {"steps": 4}}}
    run = await here.start(await here.put({"try": [capped], "rescue": [sub("b", leaf)]}))
    assert (await here.end(run))["status"] == "completed"
    assert (await here.end(child_id(run, "a", 1)))["failure"]["kind"] == "budget"
    assert await of(here, child_id(run, "a", 1), "steps") == (4, 0, 4)
    assert await of(here, child_id(run, "b", 1), "steps") == (5, 0, None)
    assert await of(here, run, "steps") == (2 + 4 + 5, 0, None)
    tight = await here.start(await here.put(sub("a", leaf)), budget={"steps": 5})
    assert (await here.end(tight))["failure"]["kind"] == "budget"
    assert await of(here, tight, "steps") == (5, 0, 5)


@pytest.mark.parametrize("limit", [None, 1])
async def test_what_a_step_noted_is_no_step(here: Place, limit: int | None) -> None:
    """No limit keeps it from being written, and it counts nowhere."""
    child, root = secrets.token_hex(6), secrets.token_hex(6)
    budget = Limits(steps=limit)
    new = NewRun(root, "test", VERSION, {}, "somebody", limits=budget, queue="nobody")
    await RunStore(here.database).create(new, "us", 600.0)
    below = NewChild(child, root, "a", "test", VERSION, {}, budget, "nobody")
    await ChildStore(here.database).create(below, "us", 600.0)
    journal = here.work.engine.parts.journal(child, 1, True)
    entries: list[Entry] = [Begun("a", 1, "llm", {}, 1.0)]
    entries += [Begun(f"a/tool[{n}]", 1, "tool", {}, 2.0) for n in range(3)]
    entries += [Finished(f"a/tool[{n}]", 1, "tool", {}, None, 3.0) for n in range(3)]
    entries += [Finished("a", 1, "llm", {}, None, 4.0)]
    written = [await journal.write(entry) for entry in entries]
    assert set(written) == {Written.DONE}
    over = await journal.write(Begun("b", 1, "llm", {}, 5.0))
    assert over is (Written.DONE if limit is None else Written.OVER)
    for run in (root, child):
        assert await of(here, run, "steps") == (1 if limit else 2, 0, limit)
    kinds = await here.fetch(
        "SELECT kind FROM run_events WHERE root = $1 AND data->>'path' LIKE 'a%' ORDER BY seq", root
    )
    notes = ["note.begun"] * 3 + ["note.completed"] * 3
    assert [one[0] for one in kinds[1:]] == ["step.begun", *notes, "step.completed"]


async def test_a_limit_of_steps_is_no_failure_that_can_be_rescued(here: Place) -> None:
    steps = [{"step": f"s{n}", "value": {}} for n in range(3)]
    graph = {"try": steps, "rescue": [{"step": "r", "value": {}}]}
    run = await here.start(await here.put(graph), budget={"steps": 2})
    assert (await here.end(run))["failure"]["kind"] == "budget"


async def test_time_ends_a_run_and_all_below_it(here: Place) -> None:
    leaf = await here.put(goes_on("x"))
    run = await here.start(await here.put(sub("a", leaf)), budget={"time": 1})
    (child,) = await here.below(run, 1)
    assert (await here.end(run))["failure"]["kind"] == "budget"
    assert (await here.end(child))["status"] in ("failed", "cancelled")


async def test_a_run_that_pauses_does_so_when_what_runs_has_ended(here: Place) -> None:
    graph = {
        "parallel": [
            [{"step": "a", "python": {"code": "def main(inputs): ..."}}],
            [{"step": f"s{n}", "value": {}} for n in range(3)],
            [{"step": f"t{n}", "value": {}} for n in range(3)],
        ]
    }
    run = await here.start(await here.put(graph), budget={"steps": 3, "on_limit": "pause"})
    await here.work.engine.let_go_of(run)
    found = await here.work.runs.views.get(run)
    assert (found["status"], found["failure"]) == ("paused", None)
    ((kind, data),) = await here.fetch(
        "SELECT kind, data->>'by' FROM run_events WHERE root = $1 ORDER BY seq DESC LIMIT 1", run
    )
    assert (kind, data) == ("run.paused", "budget")


async def test_after_kill_9_the_replay_settles_what_was_set_aside(dsn: str) -> None:
    """One process sets aside, and dies; the other goes on with the same key."""
    async with place(dsn) as one, place(dsn) as other:
        run = await under_way(one, {"tokens": 100})
        await PostgresSpending(one.database, SystemClock()).reserve(run, "a", Amount(60))
        await one.kill()
        await other.fetch("UPDATE runs SET lease_until = '-infinity' WHERE id = $1", run)
        await other.work.engine.sweep()
        replay = PostgresSpending(other.database, SystemClock())
        await replay.reserve(run, "a", Amount(60))
        assert await of(other, run, "tokens") == (0, 60, 100)
        await replay.settle(run, "a", Amount(45))
        assert await of(other, run, "tokens") == (45, 0, 100)
        await other.work.runs.cancel(run, "somebody")


async def test_branches_that_spend_at_once_never_pass_the_limit(
    here: Place, spending: PostgresSpending
) -> None:
    """Of a tree whose runs all want more than there is, and none waits for another for ever."""
    leaf = await here.put(SPENDING, budget={"tokens": 60})
    above = {"map": "each", "over": list(range(4)), "do": [sub("a", leaf)]}
    run = await under_way(here, {"tokens": 100}, above)
    runs = await here.below(run, 4)

    async def spend(number: int) -> int:
        one, most = runs[number % 4], number % 7 + 1
        try:
            await spending.reserve(one, f"k{number}", Amount(most))
        except StepFailed:
            return 0
        await spending.settle(one, f"k{number}", Amount(most))
        return most

    spent = sum(await asyncio.gather(*map(spend, range(80))))
    assert await of(here, run, "tokens") == (spent, 0, 100)
    assert 93 < spent <= 100
    for one in runs:
        assert (await of(here, one, "tokens"))[0] <= 60
    ((deadlocks,),) = await here.fetch(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert deadlocks == 0


async def test_a_run_that_paused_goes_on_with_another_limit(here: Place) -> None:
    steps = [{"step": f"s{n}", "value": {"n": n}} for n in range(5)]
    run = await here.start(await here.put(*steps), budget={"steps": 2, "on_limit": "pause"})
    await here.work.engine.let_go_of(run)
    told: list[str] = []
    here.work.live.watchers.add(told.append)
    await here.work.budgets.change(run, {"steps": 5}, "somebody")
    assert told, "those who watch see it at once"
    assert (await here.end(run))["status"] == "completed"
    assert await of(here, run, "steps") == (5, 0, 5)
    events = await EventStore(here.database).after(run, 0, 100)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert ("run.budget", "somebody") in [
        (one.kind, json.loads(one.text).get("by")) for one in events
    ]
    with pytest.raises(Refused):
        await here.work.budgets.change(run, {"steps": 9}, "somebody")


async def test_what_paused_below_at_a_limit_goes_on_and_nothing_else(here: Place) -> None:
    steps = [{"step": f"s{n}", "value": {"n": n}} for n in range(4)]
    leaf = await here.put(*steps)
    graph = {"parallel": [[sub("a", leaf)], [sub("b", leaf)]]}
    run = await here.start(await here.put(graph), budget={"steps": 5, "on_limit": "pause"})
    children = [child_id(run, path, 1) for path in "ab"]

    async def paused() -> bool:
        query = "SELECT count(*) FROM runs WHERE root = $1 AND status = 'paused'"
        return await here.fetch(query, run) >= [(1,)]

    await eventually(paused, "a limit")
    held = await here.start(await here.put(goes_on("x")), budget={"tokens": 5})
    await here.work.control.pause(held, "ann")
    await here.fetch("UPDATE runs SET status = 'paused', owner = NULL WHERE id = $1", held)
    await here.work.budgets.change(held, {"tokens": 9}, "somebody")
    assert (await here.work.runs.views.get(held))["status"] == "paused", "a person said so"
    for steps_ in (6, 20):  # the first is not enough
        await here.work.budgets.change(run, {"steps": steps_}, "somebody")
    assert (await here.end(run))["status"] == "completed"
    assert [(await here.end(one))["status"] for one in children] == ["completed"] * 2
    assert await of(here, run, "steps") == (10, 0, 20)
    seqs = await here.fetch("SELECT seq FROM run_events WHERE root = $1 ORDER BY seq", run)
    assert [row[0] for row in seqs] == list(range(1, len(seqs) + 1))


async def test_a_run_that_failed_at_a_limit_goes_on_with_another_one(here: Place) -> None:
    steps = [{"step": f"s{n}", "value": {"n": n}} for n in range(4)]
    run = await here.start(await here.put(*steps), budget={"steps": 2})
    assert (await here.end(run))["failure"]["where"] == "budget.steps"
    said = await here.work.reasons.of(run)
    assert (said.code, said.command) == ("budget", f"vrooli run budget {run} steps=4")
    await here.work.budgets.change(run, {"steps": 4}, "somebody")
    await here.work.control.retry(run, None, "somebody")
    assert (await here.end(run))["status"] == "completed"


async def test_only_what_is_limited_can_be_changed(here: Place, spending: PostgresSpending) -> None:
    run, child = await tree(here, {"tokens": 10, "time": 600}, None)
    for one, what in ((run, {"cost": 1}), (run, {"time": 9}), (child, {"tokens": 1})):
        with pytest.raises(Refused):
            await here.work.budgets.change(one, what, "somebody")
    await here.work.budgets.change(run, {"tokens": 50}, "somebody")
    await spending.reserve(child, "a", Amount(50))


async def test_more_time_is_more_for_what_lies_below_as_well(here: Place) -> None:
    run, child = await tree(here, {"time": 60}, None)
    await here.fetch("UPDATE runs SET status = 'paused' WHERE root = $1", run)
    await here.work.budgets.change(run, {"time": 600}, "somebody")
    query = "SELECT extract(epoch FROM deadline - now()) > 500 FROM runs WHERE id = ANY($1)"
    assert await here.fetch(query, [run, child]) == [(True,), (True,)]


async def test_what_was_free_again_is_set_aside_anew_when_a_run_comes_back(
    here: Place, spending: PostgresSpending
) -> None:
    """As when somebody has a run tried again that had failed."""
    run = await under_way(here, {"tokens": 100})
    await spending.reserve(run, "a", Amount(60))
    await here.work.runs.cancel(run, "somebody")
    assert await of(here, run, "tokens") == (0, 0, 100)
    await here.fetch("UPDATE runs SET status = 'running' WHERE id = $1", run)
    await spending.reserve(run, "a", Amount(70))
    assert await of(here, run, "tokens") == (0, 70, 100)


async def test_a_fork_may_spend_what_the_other_might(here: Place) -> None:
    """Nobody gets around a limit by going on somewhere else."""
    budget = {"cost": 2, "tokens": 90, "steps": 3, "time": 600}
    steps = [{"step": f"s{n}", "value": {"n": n}} for n in range(3)]
    run = await here.start(await here.put(*steps), budget=budget)
    await here.end(run)
    fork = await here.work.control.fork(run, "s1", {}, "somebody", None)
    assert (await here.end(fork))["status"] == "completed"
    found = (await here.work.runs.views.get(fork))["budget"]
    assert {kind: found[kind]["limit"] for kind in budget} == budget

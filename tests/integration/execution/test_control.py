"""Runs are paused, resumed, retried and forked, by whoever serves the API."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.support.control import Process, approval, ask, working
from tests.support.live import told_in
from tests.support.until import until
from tests.support.waiting import eventually
from vrooli.core.errors import Refused, UnknownName, UsageError
from vrooli.execution.runs.effects import Decision
from vrooli.execution.runs.inputs import BadInputs


async def under_way(one: Process, *do: Any, at: str) -> str:
    """A run that is in the middle of this step."""
    one.web.shut[at] = asyncio.Event()
    run = await one.start(*do)
    await until(lambda: at in one.web.inside)
    return run


async def steps(one: Process, run: str) -> list[tuple[str, int, str]]:
    """Its journal."""
    found, _ = await one.work.runs.views.steps(run, 0, 1000)
    return [(step["path"], step["attempt"], step["status"]) for step in found]


async def test_a_pause_lets_what_runs_end_and_begins_nothing_new(one: Process) -> None:
    run = await under_way(one, ask("a"), ask("b"), ask("c"), at="b")
    found = await one.work.control.pause(run, "ann")
    assert (found["status"], found["pausing"]) == ("running", True)
    one.web.shut["b"].set()
    found = await one.until(run, "paused")
    assert (found["owner"], found["pausing"]) == (None, False)
    assert await steps(one, run) == [("a", 1, "completed"), ("b", 1, "completed")]
    assert (await one.work.control.resume(run, "ann"))["status"] == "running"
    await one.until(run, "completed")
    assert one.web.asked == {"a": 1, "b": 1, "c": 1}
    kinds = ["run.created", "run.pausing", "run.paused", "run.pending", "run.completed"]
    assert await one.kinds(run) == kinds


async def test_what_took_too_long_and_may_not_be_repeated_is_for_a_person_to_decide(
    one: Process,
) -> None:
    one.web.shut = {"pay": asyncio.Event(), "look": asyncio.Event()}
    run = await one.start({**ask("look", "GET"), "timeout": 0.05})
    assert (await one.until(run, "failed"))["failure"]["kind"] == "timeout"
    assert (await one.work.effects.of_run(run, 9))["undecided"] == []
    run = await one.start({**ask("pay"), "timeout": 0.05}, ask("after"))
    found = await one.until(run, "failed")
    assert found["failure"]["kind"] == "unknown-effect"
    assert "no end within 0.05 s" in found["failure"]["reason"]
    listed = await one.work.effects.undecided(0, 1000)
    assert [effect["path"] for effect in listed if effect["run"] == run] == ["pay"]
    assert (await one.work.reasons.of(run)).command == f"vrooli run effects {run}"
    said = Decision("pay", "done", {"invoice": 7}, "ann", "it is in the books")
    await one.work.effects.decide(run, said)
    await one.work.engine.sweep()
    await one.until(run, "completed")
    assert one.web.asked == {"look": 1, "pay": 1, "after": 1}


@pytest.mark.parametrize("on_limit", ["pause", "stop"])
async def test_a_limit_that_is_changed_just_before_the_run_would_rest_counts(
    one: Process, on_limit: str
) -> None:
    """It has come to the limit, and waits for the end of what runs beside it."""
    one.web.shut["a"] = asyncio.Event()
    graph = {"parallel": [[ask("a")], [ask("b"), ask("c")]]}
    run = await one.start(graph, budget={"steps": 2, "on_limit": on_limit})
    await until(lambda: one.web.asked["b"] == 1 and "a" in one.web.inside)
    tasks = one.work.engine._drivers[run]._running
    await until(lambda: any(task.done() and task.exception() for task in tasks.values()))
    await one.work.budgets.change(run, {"steps": 3}, "ann")
    one.web.shut["a"].set()
    await one.until(run, "completed", "paused", "failed")
    assert (await one.run(run))["status"] == "completed"
    assert one.web.asked == {"a": 1, "b": 1, "c": 1}


async def test_a_step_that_was_under_way_ends_with_its_run(one: Process) -> None:
    run = await under_way(one, ask("a"), ask("b"), at="b")
    await eventually(lambda: steps(one, run), "its beginning")
    await one.work.runs.cancel(run, "ann")
    found, _ = await one.work.runs.views.steps(run, 0, 9)
    assert [step["status"] for step in found] == ["completed", "cancelled"]
    assert found[1]["ended_at"] == (await one.run(run))["ended_at"]
    # In the journal it is as it was: nobody knows whether it was done.
    await one.work.control.retry(run, None, "ann")
    ended = await one.until(run, "failed")
    assert ended["failure"]["kind"] == "unknown-effect"


async def test_each_asked_twice_changes_nothing_more(one: Process) -> None:
    run = await under_way(one, ask("a"), at="a")
    await asyncio.gather(*(one.work.control.pause(run, "ann") for _ in range(5)))
    await asyncio.gather(*(one.work.control.resume(run, "ann") for _ in range(5)))
    one.web.shut["a"].set()
    await one.until(run, "completed")
    assert await one.kinds(run) == ["run.created", "run.pausing", "run.running", "run.completed"]


async def test_what_only_waits_is_put_down_at_once_and_keeps_its_time(one: Process) -> None:
    run = await one.start({"step": "long", "wait": {"seconds": 86_400}})
    first = await begun(one, run)
    await one.work.control.pause(run, "ann")
    await one.until(run, "paused")
    assert one.work.engine.room == one.work.engine.parts.slots
    await one.work.control.resume(run, "ann")
    await one.until(run, "waiting")
    assert await begun(one, run) == first
    await one.work.runs.cancel(run, "ann")


async def begun(one: Process, run: str) -> float:
    """When its first step began, once it has."""

    async def looked() -> Any:
        return (await one.work.runs.views.steps(run, 0, 9))[0]

    found = await eventually(looked, "its first step")
    return float(found[0]["begun_at"])


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_pause_that_is_taken_back_waits_for_nothing(
    one: Process, second: Process, elsewhere: bool
) -> None:
    """What may begin begins beside what still runs, and a wait keeps its time."""
    long = {"step": "long", "wait": {"seconds": 86_400}}
    one.web.shut = {"a": asyncio.Event(), "b": asyncio.Event()}
    async with working(one):
        run = await one.start({"parallel": [[ask("a")], [ask("b"), ask("c")], [long]]})
        await until(lambda: one.web.inside == {"a", "b"})
        driver = one.work.engine._drivers[run]
        first = await waits(one, run)
        await one.work.control.pause(run, "ann")
        one.web.shut["b"].set()
        await until(lambda: driver._running.keys() == {"a"})
        assert "c" not in one.web.asked
        await (second if elsewhere else one).work.control.resume(run, "ann")
        await until(lambda: one.web.asked["c"] == 1)
        assert driver._begun_before["long", 1] == pytest.approx(first, abs=0.001)
        await one.work.runs.cancel(run, "ann")


async def waits(one: Process, run: str) -> float:
    """When its step `long` began, once it has."""

    async def look() -> Any:
        found, _ = await one.work.runs.views.steps(run, 0, 9)
        return [step["begun_at"] for step in found if step["path"] == "long"]

    return float((await eventually(look, "its wait"))[0])


async def test_another_process_pauses_and_goes_on(one: Process, second: Process) -> None:
    async with working(one):
        run = await under_way(one, ask("a"), ask("b"), at="a")
        await second.work.control.pause(run, "ann")
        driver = one.work.engine._drivers[run]
        await until(lambda: driver._pausing)
        one.web.shut["a"].set()
        await one.until(run, "paused")
    await second.work.control.resume(run, "ann")
    await second.until(run, "completed")
    assert (one.web.asked, second.web.asked) == ({"a": 1}, {"b": 1})


async def test_a_run_whose_owner_dies_while_it_is_to_pause_is_paused(
    one: Process, second: Process
) -> None:
    """Nobody takes it over to go on."""
    run = await under_way(one, ask("a", "GET"), ask("b"), at="a")
    await one.work.control.pause(run, "ann")
    await one.close()
    async with second.database.connection() as connection:
        await connection.execute("UPDATE runs SET lease_until = '-infinity' WHERE id = $1", run)
    async with working(second):
        await second.until(run, "paused")
        assert not second.web.asked
        await second.work.control.resume(run, "ann")
        await second.until(run, "completed")
    assert second.web.asked == {"a": 1, "b": 1}


async def test_a_waiting_run_is_paused_and_a_decision_meanwhile_counts_later(one: Process) -> None:
    run = await one.start(approval("sign"), ask("send"))
    asked = await one.asked(run)
    assert (await one.work.control.pause(run, "ann"))["status"] == "paused"
    await one.decide(asked)
    assert (await one.run(run))["status"] == "paused"
    await one.work.control.resume(run, "ann")
    await one.until(run, "completed")
    assert one.web.asked == {"send": 1}


async def test_a_retry_goes_on_with_what_failed_and_keeps_the_rest(one: Process) -> None:
    one.web.broken = {"b", "d"}
    lanes = [[ask("b"), ask("c")], [ask("d")], [ask("e")]]
    run = await one.start(ask("a"), {"parallel": lanes}, ask("f"))
    failed = await one.until(run, "failed")
    assert failed["failure"]["kind"] == "http-status"
    one.web.broken.clear()
    assert (await one.work.control.retry(run, None, "ann"))["failure"] is None
    await one.until(run, "completed")
    assert one.web.asked == {"a": 1, "b": 2, "c": 1, "d": 2, "e": 1, "f": 1}
    found = await steps(one, run)
    assert {("b", 1, "failed"), ("b", 2, "completed"), ("d", 2, "completed")} <= set(found)
    events = await told_in(one.work.live, run)
    (told,) = [event for event in events if event["kind"] == "run.pending"]
    assert (told["by"], told["why"], sorted(told["paths"])) == ("ann", "retried", ["b", "d"])
    assert told["failure"] == failed["failure"]


async def test_a_retry_has_all_its_attempts_again(one: Process) -> None:
    one.web.busy = {"a"}
    run = await one.start({**ask("a"), "retry": {"most": 2, "first": 0}})
    for rounds in (1, 2, 3):
        await one.until(run, "failed")
        numbers = range(1, 2 * rounds + 1)
        assert await steps(one, run) == [("a", number, "failed") for number in numbers]
        await one.work.control.retry(run, None, "ann")
    await one.until(run, "failed")


async def test_a_retry_from_a_step_does_all_that_comes_after_it_again(one: Process) -> None:
    one.web.broken = {"d"}
    run = await one.start(*map(ask, "abcd"))
    await one.until(run, "failed")
    one.web.broken.clear()
    await one.work.control.retry(run, "b", "ann")
    await one.until(run, "completed")
    assert one.web.asked == {"a": 1, "b": 2, "c": 2, "d": 2}


async def test_what_failed_beside_the_place_is_done_again_as_well(one: Process) -> None:
    one.web.broken = {"x"}
    one.web.shut["x"] = asyncio.Event()
    run = await one.start({"parallel": [[ask("a"), ask("b"), ask("c", "GET")], [ask("x")]]})
    await until(lambda: one.web.asked["c"] == 1)
    one.web.shut["x"].set()
    await one.until(run, "failed")
    one.web.broken.clear()
    await one.work.control.retry(run, "b", "ann")
    await one.until(run, "completed")
    assert (one.web.asked["a"], one.web.asked["b"], one.web.asked["x"]) == (1, 2, 2)


async def test_what_was_rescued_beside_the_place_is_done_again_as_well(one: Process) -> None:
    """Else the step would not begin: the rescue would follow at once."""
    one.web.broken = {"x"}
    one.web.shut = {"x": asyncio.Event(), "a": asyncio.Event()}
    lanes = {"parallel": [[ask("x")], [ask("a")]]}
    run = await one.start({"try": [lanes], "rescue": [ask("rescued")]}, ask("b"))
    await until(lambda: one.web.inside == {"x", "a"})
    one.web.shut["x"].set()
    one.web.shut["a"].set()
    await one.until(run, "completed")
    one.web.broken.clear()
    fork = await one.work.control.fork(run, "a", {}, "ann", None)
    await one.until(fork, "completed")
    assert one.web.asked == {"x": 2, "a": 2, "rescued": 1, "b": 2}


async def test_a_run_that_an_expression_failed_goes_on_from_there_with_other_inputs(
    one: Process,
) -> None:
    """Though the step has not begun; in a branch whose condition failed likewise."""
    call = {"step": "call", "http": {"url": "http://web/${inputs.name}"}}
    shy = {"if": "inputs.go", "then": [ask("shy")]}
    run = await one.start(ask("a"), call, shy, {"step": "end", "value": {}})
    assert (await one.until(run, "failed"))["failure"]["where"] == "call"
    fork = one.work.control.fork
    with pytest.raises(Refused, match="`call` would not begin: call: there is no 'name'"):
        await fork(run, "call", {"other": 1}, "ann", None)
    with pytest.raises(UsageError, match="not come to a step `nosuch`"):
        await fork(run, "nosuch", {"name": "b"}, "ann", None)
    with pytest.raises(Refused, match="`end` would not begin: with these inputs something else"):
        await fork(run, "end", {"name": "b"}, "ann", None)
    with pytest.raises(Refused, match="it would fail again at once"):
        await one.work.control.retry(run, "call", "ann")
    made = await fork(run, "call", {"name": "b"}, "ann", None)
    assert (await one.until(made, "failed"))["failure"]["kind"] == "expression"
    last = await fork(made, "shy", {"go": True}, "ann", None)
    await one.until(last, "completed")
    assert one.web.asked == {"a": 1, "b": 1, "shy": 1}


async def test_inputs_that_are_not_given_are_those_of_the_schema(one: Process) -> None:
    """At the start, in a run within a run, and in a fork; the run shows them."""
    properties = {"days": {"type": "integer", "default": 7}, "who": {"default": "all"}}
    schema = {"type": "object", "required": ["days"], "properties": properties}
    say = {"step": "say", "value": {"text": "${inputs.days} ${inputs.who}"}}
    name = f"r{secrets.token_hex(4)}"
    put = {"name": name, "inputs": schema, "do": [say], "output": "${steps.say.text}"}
    await one.work.routines.put(put)
    step = {"step": "below", "routine": {"name": name, "inputs": {"who": "bob"}}}
    outer = await one.start(step, output="${steps.below}")
    assert (await one.until(outer, "completed"))["output"] == "7 bob"
    run = await one.work.runs.start(name, {"who": "ann"}, "ann", None)
    found = await one.until(run, "completed")
    assert (found["inputs"], found["output"]) == ({"days": 7, "who": "ann"}, "7 ann")
    made = await one.work.control.fork(run, "say", {"days": 1}, "ann", None)
    found = await one.until(made, "completed")
    assert (found["inputs"], found["output"]) == ({"days": 1, "who": "ann"}, "1 ann")


async def test_a_cancelled_run_goes_on_where_it_was(one: Process) -> None:
    """What was under way and must not be repeated unasked is told, and done again when asked."""
    run = await under_way(one, ask("a"), ask("b"), at="b")
    await one.work.runs.cancel(run, "ann")
    one.web.shut.clear()
    await one.work.control.retry(run, None, "ann")
    found = await one.until(run, "failed")
    assert (found["failure"]["kind"], one.web.asked["b"]) == ("unknown-effect", 1)
    await one.work.control.retry(run, None, "ann")
    await one.until(run, "completed")
    assert one.web.asked == {"a": 1, "b": 2}


async def test_a_rejected_run_asks_again(one: Process) -> None:
    run = await one.start(approval("sign"), ask("send"))
    first = await one.asked(run)
    await one.decide(first, False)
    await one.until(run, "failed")
    await one.work.control.retry(run, None, "ann")
    asked = await one.asked(run)
    assert (asked["attempt"], asked["hash"]) == (2, first["hash"])
    await one.decide(asked)
    await one.until(run, "completed")


async def test_of_many_retries_at_once_one_counts(one: Process) -> None:
    one.web.broken = {"a"}
    run = await one.start(ask("a"))
    await one.until(run, "failed")
    one.web.shut["a"] = asyncio.Event()
    ends = await asyncio.gather(
        *(one.work.control.retry(run, None, "ann") for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["Refused"] * 4 + ["dict"]
    one.web.shut["a"].set()
    await one.until(run, "failed")


async def test_what_has_no_sense_is_refused_and_says_why(one: Process) -> None:
    control = one.work.control
    done = await one.start({"step": "a", "value": {}})
    await one.until(done, "completed")
    broken = await one.start({"step": "a", "value": {}}, output="${steps.a.nosuch}")
    await one.until(broken, "failed")
    for refused in (
        control.pause(done, "ann"),
        control.resume(done, "ann"),
        control.retry(done, None, "ann"),
        control.retry(broken, None, "ann"),
    ):
        with pytest.raises(Refused):
            await refused
    for unknown in (
        control.pause("nosuch", "ann"),
        control.resume("nosuch", "ann"),
        control.retry("nosuch", None, "ann"),
        control.fork("nosuch", "a", {}, "ann", None),
    ):
        with pytest.raises(UnknownName):
            await unknown
    for wrong in (control.retry(broken, "b", "ann"), control.fork(done, "b", {}, "ann", None)):
        with pytest.raises(UsageError, match="has not come to a step `b`"):
            await wrong


INPUTS = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer"}, "m": {"type": "integer"}},
}
SEES = [
    {"step": "first", "value": {"n": "${inputs.n}"}},
    ask("sent"),
    {"step": "last", "value": {"then": "${steps.first.n}", "now": "${inputs.n}"}},
]


async def test_a_fork_keeps_what_came_before_and_sees_new_inputs_after(one: Process) -> None:
    more = {"inputs": {"n": 1, "m": 5}, "output": "${steps.last}"}
    run = await one.start(*SEES, inputs=more["inputs"], output=more["output"])
    await one.until(run, "completed")
    fork = await one.work.control.fork(run, "last", {"n": 2}, "ann", None)
    found = await one.until(fork, "completed")
    assert found["output"] == {"then": 1, "now": 2}
    assert found["inputs"] == {"n": 2, "m": 5}
    assert (found["forked_from"], found["forked_path"]) == (run, "last")
    assert found["version"] == (await one.run(run))["version"]
    assert one.web.asked == {"sent": 1}
    assert (await one.kinds(fork))[0] == "run.created"
    assert (await one.run(run))["output"] == {"then": 1, "now": 1}


async def test_the_same_request_to_fork_makes_one_run(one: Process) -> None:
    run = await one.start(ask("a"))
    await one.until(run, "completed")
    forks = [one.work.control.fork(run, "a", {}, "ann", f"key-{run}") for _ in range(8)]
    assert len(set(await asyncio.gather(*forks))) == 1


async def test_inputs_that_do_not_fit_make_no_fork(one: Process) -> None:
    name = "strict"
    await one.work.routines.put({"name": name, "inputs": INPUTS, "do": SEES})
    run = await one.work.runs.start(name, {"n": 1}, "ann", None)
    await one.until(run, "completed")
    with pytest.raises(BadInputs):
        await one.work.control.fork(run, "last", {"n": "x"}, "ann", None)


async def test_an_approval_holds_in_its_own_run_alone(one: Process) -> None:
    run = await one.start(ask("a"), approval("sign", "${inputs}"), ask("pay"), inputs={"n": 1})
    await one.decide(await one.asked(run))
    await one.until(run, "completed")
    with pytest.raises(Refused, match="holds only in the run"):
        await one.work.control.fork(run, "pay", {"n": 1000}, "ann", None)
    fork = await one.work.control.fork(run, "sign", {"n": 1000}, "ann", None)
    assert (await one.asked(fork))["what"] == {"n": 1000}
    assert one.web.asked == {"a": 1, "pay": 1}


async def test_a_fork_of_a_run_that_was_retried_keeps_what_counts(one: Process) -> None:
    one.web.broken = {"a"}
    run = await one.start(ask("a"), ask("b"))
    await one.until(run, "failed")
    one.web.broken.clear()
    await one.work.control.retry(run, None, "ann")
    await one.until(run, "completed")
    fork = await one.work.control.fork(run, "b", {}, "ann", None)
    await one.until(fork, "completed")
    assert await steps(one, fork) == [("a", 2, "completed"), ("b", 1, "completed")]
    assert one.web.asked == {"a": 2, "b": 2}


async def test_what_is_claimed_while_a_drain_begins_is_left_to_others(
    one: Process, second: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision wakes the run here, and the order to drain comes while it is being claimed."""
    run = await one.start(approval("sign"), ask("send"))
    asked = await one.asked(run)
    claim = one.work.engine.parts.transitions.claim

    async def claimed(*given: Any) -> Any:
        found = await claim(*given)
        await one.work.engine.drain(0)
        return found

    monkeypatch.setattr(one.work.engine.parts.transitions, "claim", claimed)
    await one.decide(asked)
    assert not one.work.engine._held
    async with working(second):
        await second.until(run, "completed")
    assert (one.web.asked, second.web.asked) == ({}, {"send": 1})

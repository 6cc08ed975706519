"""What each kind of node does next, and what it comes to."""

from typing import Any

import pytest

from tests.support.flow import Hand, step
from vrooli.flow.entries import Failure, Finished
from vrooli.flow.interpreter import Broken, Interpreter
from vrooli.flow.reading import read


def test_a_sequence_is_one_after_the_other_and_has_the_value_of_its_last() -> None:
    run = Hand(step("a"), step("b"))
    assert run.open == ["a"]
    assert run.ok("a", 1).open == ["b"]
    assert run.ok("b", 2).value == 2
    assert run.open == []


def test_nothing_follows_a_failure() -> None:
    run = Hand(step("a"), step("b")).fail("a", "no-such-host")
    assert (run.failure.kind, run.failure.reason) == ("no-such-host", "a failed")
    assert run.open == []


def test_arguments_see_inputs_and_what_was_done_before() -> None:
    run = Hand(
        step("a"),
        {"step": "b", "do": {"n": "${steps.a.n + inputs.n}", "text": "is ${steps.a.n}"}},
        inputs={"n": 2},
    )
    assert run.ok("a", {"n": 40}).calls["b"].arguments == {"n": 42, "text": "is 40"}


def test_the_output_of_a_routine_is_what_it_says() -> None:
    run = Hand(step("a"), output={"answer": "${steps.a}"})
    assert run.ok("a", [1]).value == {"answer": [1]}


def test_an_output_without_value_is_a_failure() -> None:
    run = Hand(step("a"), output="${steps.a.b}").ok("a", {})
    assert (run.failure.kind, run.failure.where) == ("expression", "output")
    assert run.failure.reason == "there is no 'b', in `steps.a.b`"


def test_arguments_without_value_are_a_failure_of_their_step() -> None:
    run = Hand({"step": "a", "do": {"x": "${inputs.x}"}}, inputs={})
    assert (run.failure.kind, run.failure.where) == ("expression", "a")
    assert run.failure.reason == "there is no 'x', in `inputs.x`"


# Retries


def test_a_failure_that_may_pass_is_tried_again_after_its_pause() -> None:
    run = Hand(step("a", retry={"most": 3, "first": 2, "factor": 3}))
    assert (run.calls["a"].attempt, run.calls["a"].pause) == (1, 0.0)
    run.fail("a", retryable=True)
    assert (run.calls["a"].attempt, run.calls["a"].pause) == (2, 2.0)
    run.fail("a", retryable=True)
    assert (run.calls["a"].attempt, run.calls["a"].pause) == (3, 6.0)
    assert run.fail("a", retryable=True).failure.reason == "a failed"


def test_a_retry_that_works_is_as_if_nothing_had_been() -> None:
    run = Hand(step("a", retry={}), step("b")).fail("a", retryable=True).ok("a", 1)
    assert run.open == ["b"]


def test_what_cannot_pass_is_not_tried_again() -> None:
    assert Hand(step("a", retry={"most": 3})).fail("a").failure.kind == "failed"


def test_a_pause_grows_to_its_longest() -> None:
    run = Hand(step("a", retry={"most": 100, "first": 1, "factor": 10, "longest": 50}))
    pauses = []
    while not run.fail("a", retryable=True).end:
        pauses.append(run.calls["a"].pause)
    assert pauses[:3] == [1.0, 10.0, 50.0]
    assert set(pauses[2:]) == {50.0}


# Parallel

BRANCHES = {"parallel": [[step("a"), step("a2")], [step("b"), step("b2")]]}


def test_branches_go_on_beside_each_other() -> None:
    run = Hand(BRANCHES)
    assert run.open == ["a", "b"]
    assert run.ok("b").open == ["a", "b2"]
    assert run.ok("b2", 2).open == ["a"]
    assert run.ok("a").open == ["a2"]
    assert run.ok("a2", 1).value == [1, 2]


def test_after_a_failure_what_runs_ends_and_nothing_is_begun() -> None:
    run = Hand(BRANCHES).fail("a")
    assert run.open == ["b"]
    assert run.ok("b").failure.reason == "a failed"


def test_of_two_failures_the_first_in_the_routine_counts() -> None:
    assert Hand(BRANCHES).fail("b").fail("a").failure.reason == "a failed"
    assert Hand(BRANCHES).fail("a").fail("b").failure.reason == "a failed"


def test_no_rescue_is_begun_beside_a_failure() -> None:
    tried = {"try": [step("b")], "rescue": [step("c")]}
    run = Hand({"parallel": [[step("a")], [tried]]}).fail("a").fail("b")
    assert run.failure.reason == "a failed"


def test_no_further_attempt_is_begun_beside_a_failure() -> None:
    run = Hand({"parallel": [[step("a")], [step("b", retry={})]]}).fail("a")
    assert run.open == ["b"]
    assert run.fail("b", retryable=True).failure.reason == "a failed"


def test_an_attempt_that_waits_for_its_time_is_not_begun_beside_a_failure() -> None:
    run = Hand({"parallel": [[step("a")], [step("b", retry={})]]}).fail("b", retryable=True)
    assert run.open == ["a", "b"]
    assert run.fail("a").failure.reason == "a failed"


def test_an_attempt_whose_pause_is_over_ends_beside_a_failure() -> None:
    run = Hand({"parallel": [[step("a")], [step("b", retry={})]]}).fail("b", retryable=True)
    run.begin("b")
    assert run.fail("a").open == ["b"]
    assert run.ok("b").failure.reason == "a failed"


def test_a_failure_deep_inside_ends_all_around_it() -> None:
    inner = {"parallel": [[step("b"), step("b2")], [step("c")]]}
    run = Hand({"parallel": [[step("a")], [inner]]}).fail("a")
    assert run.open == ["b", "c"]
    assert run.ok("b").open == ["c"]
    assert run.ok("c").failure.reason == "a failed"


# Map

EACH = {"map": "each", "over": "${inputs.list}", "as": "one", "do": [step("a"), step("b")]}


def test_a_map_does_the_same_for_each() -> None:
    asked = {"map": "each", "over": "${inputs}", "do": [{"step": "a", "do": {"x": "${item}"}}]}
    run = Hand(asked, {"step": "z", "do": {"all": "${steps.each}"}}, inputs=["p", "q"])
    assert [call.arguments for call in run.calls.values()] == [{"x": "p"}, {"x": "q"}]
    run.ok("each[1].a", 2).ok("each[0].a", 1)
    assert run.calls["z"].arguments == {"all": [1, 2]}


def test_a_map_of_nothing_is_an_empty_list() -> None:
    assert Hand(EACH, inputs={"list": []}).value == []


@pytest.mark.parametrize("value", [None, 1, "text", {"a": 1}])
def test_a_map_over_no_list_fails(value: Any) -> None:
    failure = Hand(EACH, inputs={"list": value}).failure
    assert (failure.kind, failure.where) == ("expression", "each")


def test_a_map_keeps_so_many_under_way() -> None:
    run = Hand({**EACH, "at_most": 2}, inputs={"list": [1, 2, 3, 4]})
    assert run.open == ["each[0].a", "each[1].a"]
    assert run.ok("each[1].a").open == ["each[0].a", "each[1].b"]
    assert run.ok("each[1].b").open == ["each[0].a", "each[2].a"]
    assert run.ok("each[0].a").ok("each[0].b").open == ["each[2].a", "each[3].a"]


def test_a_long_map_has_all_its_values_in_their_order() -> None:
    run = Hand({**EACH, "at_most": 7, "do": [step("a")]}, inputs={"list": list(range(3000))})
    while not run.end:
        path = run.open[-1]
        run.ok(path, path)
    assert run.value == [f"each[{index}].a" for index in range(3000)]


def test_a_map_that_fails_begins_no_further_item() -> None:
    run = Hand({**EACH, "at_most": 2}, inputs={"list": [1, 2, 3]}).fail("each[1].a")
    assert run.open == ["each[0].a"]
    assert run.ok("each[0].a").failure.reason == "each[1].a failed"


def test_names_in_a_map_are_those_of_its_turn() -> None:
    body = {"step": "a", "do": {"x": "${x}", "outer": "${outer.name}", "index": "${index}"}}
    inner = {"map": "inner", "over": "${outer.list}", "as": "x", "do": [body]}
    over = [{"name": "n", "list": [7]}, {"name": "m", "list": [8, 9]}]
    run = Hand({"map": "each", "over": over, "as": "outer", "do": [inner]})
    assert run.open == ["each[0].inner[0].a", "each[1].inner[0].a", "each[1].inner[1].a"]
    arguments = run.calls["each[1].inner[1].a"].arguments
    assert arguments == {"x": 9, "outer": "m", "index": 1}


def test_a_step_in_a_map_may_have_the_name_of_one_before_it() -> None:
    body = [step("a"), {"step": "b", "do": {"x": "${steps.a}"}}]
    after = {"step": "z", "do": {"x": "${steps.a}"}}
    run = Hand(step("a"), {"map": "each", "over": [0], "do": body}, after).ok("a", "outer")
    assert run.ok("each[0].a", "inner").calls["each[0].b"].arguments == {"x": "inner"}
    assert run.ok("each[0].b").calls["z"].arguments == {"x": "outer"}


# Branch


@pytest.mark.parametrize(("n", "way"), [(1, "low"), (9, "high")])
def test_a_branch_goes_one_way(n: int, way: str) -> None:
    run = Hand(
        {"if": "inputs.n > 5", "then": [step("high")], "else": [step("low")]}, inputs={"n": n}
    )
    assert run.open == [way]
    assert run.ok(way, way).value == way


def test_a_branch_without_else_may_do_nothing() -> None:
    assert Hand({"if": "false", "then": [step("a")]}).value is None


def test_a_condition_that_is_neither_true_nor_false_fails() -> None:
    failure = Hand({"if": "inputs.n", "then": [step("a")]}, inputs={"n": 1}).failure
    assert (failure.kind, failure.reason) == ("expression", "expected true or false")


def test_what_one_way_did_is_seen_after_it() -> None:
    branch = {"if": "true", "then": [step("a")], "else": [step("b")]}
    run = Hand(branch, {"step": "z", "do": {"x": "${has(steps.b) ? 0 : steps.a}"}})
    assert run.ok("a", 5).calls["z"].arguments == {"x": 5}


def test_a_way_once_taken_is_gone_to_its_end() -> None:
    """Also when it changes what its condition looks at."""
    branch = {"if": "has(steps.b)", "then": [step("a")], "else": [step("b"), step("c")]}
    run = Hand(loop("turn < 1", branch)).ok("again[0].b")
    assert run.ok("again[0].c", 5).value == 5


# Loop


def loop(condition: str, *do: Any, limit: int = 3) -> dict[str, Any]:
    return {"loop": "again", "while": condition, "limit": limit, "do": list(do)}


def test_a_loop_goes_on_while_its_condition_holds() -> None:
    run = Hand(loop("turn < 2", {"step": "a", "do": {"n": "${turn}"}}))
    assert run.calls["again[0].a"].arguments == {"n": 0}
    assert run.ok("again[0].a").calls["again[1].a"].arguments == {"n": 1}
    assert run.ok("again[1].a", "last").value == "last"


def test_a_loop_whose_condition_never_held_has_no_value() -> None:
    run = Hand(loop("false", step("a")), {"step": "z", "do": {"x": "${steps.again}"}})
    assert run.calls["z"].arguments == {"x": None}


def test_a_turn_sees_the_one_before() -> None:
    more = "!has(steps.a) || steps.a < 2"
    run = Hand(loop(more, {"step": "a", "do": {"was": "${has(steps.a) ? steps.a : 0}"}}))
    assert run.ok("again[0].a", 1).calls["again[1].a"].arguments == {"was": 1}
    assert run.ok("again[1].a", 2).value == 2


def test_a_loop_that_does_not_end_fails_at_its_limit() -> None:
    run = Hand(loop("true", step("a"), limit=2)).ok("again[0].a").ok("again[1].a")
    assert (run.failure.kind, run.failure.where) == ("loop-limit", "again")


def test_a_loop_ends_well_at_its_limit() -> None:
    assert Hand(loop("turn < 1", step("a"), limit=1)).ok("again[0].a", 5).value == 5


def test_a_turn_sees_of_each_branch_what_it_did_last() -> None:
    both = {"parallel": [[step("a")], [step("b")]]}
    seen = {"step": "c", "do": {"a": "${steps.a}", "b": "${steps.b}"}}
    run = Hand(loop("turn < 2", both, seen))
    run.ok("again[0].a", "a0").ok("again[0].b", "b0").ok("again[0].c")
    run.ok("again[1].a", "a1").ok("again[1].b", "b1")
    assert run.calls["again[1].c"].arguments == {"a": "a1", "b": "b1"}


# Attempt

RESCUED = {"try": [step("a"), step("b")], "rescue": [{"step": "r", "do": {"why": "${error.kind}"}}]}


def test_a_rescue_follows_a_failure_and_knows_it() -> None:
    run = Hand(RESCUED).ok("a").fail("b", "no-route")
    assert run.calls["r"].arguments == {"why": "no-route"}
    assert run.ok("r", "saved").value == "saved"


def test_without_a_failure_there_is_no_rescue() -> None:
    assert Hand(RESCUED).ok("a").ok("b", 1).value == 1


def test_a_rescue_that_fails_fails() -> None:
    assert Hand(RESCUED).fail("a").fail("r").failure.reason == "r failed"


def test_a_rescue_sees_what_worked_and_is_seen_after_it() -> None:
    tried = {"try": [step("a"), step("b")], "rescue": [{"step": "r", "do": {"a": "${steps.a}"}}]}
    run = Hand(tried, {"step": "z", "do": {"r": "${steps.r}"}}).ok("a", 1).fail("b")
    assert run.calls["r"].arguments == {"a": 1}
    assert run.ok("r", 2).calls["z"].arguments == {"r": 2}


def test_a_mistake_in_an_expression_is_rescued_as_well() -> None:
    tried = {"try": [{"step": "a", "do": {"x": "${inputs.x}"}}], "rescue": [step("r")]}
    assert Hand(tried, inputs={}).open == ["r"]


def test_a_failed_parallel_is_rescued_when_all_of_it_has_ended() -> None:
    run = Hand({"try": [BRANCHES], "rescue": [step("r")]}).fail("a")
    assert run.open == ["b"]
    assert run.ok("b").open == ["r"]


def test_what_a_failed_parallel_did_is_not_seen_however_far_it_came() -> None:
    tried = {"try": [BRANCHES], "rescue": [{"step": "r", "do": {"b": "${has(steps.b)}"}}]}
    for run in (Hand(tried).ok("b").fail("a").ok("b2"), Hand(tried).fail("a").ok("b")):
        assert run.calls["r"].arguments == {"b": False}


# Scopes


def test_a_branch_never_sees_another_however_fast_it_is() -> None:
    peek = {"step": "b", "do": {"a": "${has(steps.a) ? steps.a : 'none'}"}}
    both = {"parallel": [[step("a")], [step("slow"), peek]]}
    run = Hand(loop("turn < 2", both))
    run.ok("again[0].a", 0).ok("again[0].slow")
    assert run.calls["again[0].b"].arguments == {"a": "none"}
    run.ok("again[0].b").ok("again[1].a", 1).ok("again[1].slow")
    assert run.calls["again[1].b"].arguments == {"a": 0}, "of the turn before"


def test_all_branches_are_seen_after_them() -> None:
    after = {"step": "z", "do": {"x": "${[steps.a2, steps.b2]}"}}
    run = Hand(BRANCHES, after).ok("b").ok("b2", 2).ok("a").ok("a2", 1)
    assert run.calls["z"].arguments == {"x": [1, 2]}


# The journal


def told(interpreter: Interpreter) -> list[tuple[str, int]]:
    return [(call.path, call.attempt) for call in interpreter.next()[0]]


def entry(path: str, attempt: int = 1, failed: bool = False) -> Finished:
    failure = Failure("failed", "it did", retryable=True) if failed else None
    return Finished(path, attempt, "do", None, failure)


TWICE = {"name": "test", "do": [{"parallel": [[step("a", retry={"most": 3})], [step("b")]]}]}


def fresh() -> Interpreter:
    return Interpreter(read(TWICE, ["do"], lambda name, arguments: []), None)


def test_told_twice_it_says_the_same() -> None:
    run = fresh()
    assert told(run) == told(run) == [("a", 1), ("b", 1)]


def test_of_two_ends_the_later_attempt_counts_in_whatever_order_they_come() -> None:
    one, two = fresh(), fresh()
    for run, entries in ((one, (1, 2)), (two, (2, 1))):
        for attempt in entries:
            run.finish(entry("a", attempt, failed=True))
    assert told(one) == told(two) == [("a", 3), ("b", 1)]


def test_a_beginning_that_comes_after_its_end_means_nothing() -> None:
    run = fresh()
    run.finish(entry("a"))
    run.begin("a", 1)
    run.begin("b", 1)
    assert run.begun == {"b": 1}


def test_a_beginning_of_an_earlier_attempt_does_not_hide_a_later_one() -> None:
    run = fresh()
    run.finish(entry("a", 1, failed=True))
    run.begin("a", 2)
    run.begin("a", 1)
    run.finish(Finished("b", 1, "do", None, Failure("failed", "it did")))
    assert told(run) == [("a", 2)]


def test_an_attempt_that_began_before_a_crash_is_waited_for() -> None:
    run = fresh()
    run.begin("a", 1)
    run.finish(Finished("b", 1, "do", None, Failure("failed", "it did")))
    assert told(run) == [("a", 1)]
    run.finish(entry("a"))
    assert isinstance(run.next()[1], Broken)

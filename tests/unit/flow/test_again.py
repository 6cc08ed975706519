"""What of a journal counts when a run goes on after its end, or from its middle."""

import json
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.any_routine import Fate, Live, Structure
from tests.support.flow import Hand, routine, step
from vrooli.flow.again import begins, counting, failed, fails_at_once, given_up, kept, kept_to_go_on
from vrooli.flow.entries import Again, Begun, Failure, Finished, Told
from vrooli.flow.interpreter import Broken, Done, Interpreter

SEEDS = st.integers(0, 2**32 - 1)
FATES = st.builds(Fate, SEEDS, st.sampled_from([0, 0, 10, 30]))
any_case = settings(suppress_health_check=[HealthCheck.too_slow])


def done(path: str, attempt: int = 1) -> Finished:
    return Finished(path, attempt, "do", path)


def broken(path: str, attempt: int = 1) -> Finished:
    return Finished(path, attempt, "do", None, Failure("failed", "it did"))


def test_attempts_that_were_given_up_do_not_count() -> None:
    entries: list[Told] = [broken("a"), done("b"), Begun("a", 2, "do", {}, 0.0), Again("a", 1)]
    assert counting(entries) == entries[1:3]
    assert counting([*entries, Again("a", 2)]) == [done("b")]


def test_what_is_kept_has_begun_before_and_keeps_its_later_attempts() -> None:
    entries = [done("a"), broken("b"), done("c"), done("b", 2), done("d")]
    assert kept(entries, "c") == [done("a"), broken("b"), done("b", 2)]
    assert kept(entries, "a") == []
    assert kept(entries, "x") is None
    assert given_up(entries, ["a", "b"]) == {"c": 1, "d": 1}


def test_a_map_or_a_turn_of_it_stands_for_all_in_it() -> None:
    entries = [done("a"), done("m[0].x"), done("m[1].x"), done("more"), done("m[1].y")]
    assert kept(entries, "m") == entries[:1]
    assert kept(entries, "m[1]") == entries[:2]
    assert kept(entries, "mo") is None


def test_a_step_that_is_given_up_is_called_with_the_next_number() -> None:
    interpreter = Interpreter(routine(step("a", retry={"most": 2, "first": 0})), {})
    for attempt in (1, 2):
        interpreter.finish(broken("a", attempt))
    interpreter.again("a", 2)
    ((call,), end) = interpreter.next()
    assert (call.attempt, call.pause, end) == (3, 0.0, None)
    interpreter.finish(Finished("a", 3, "do", None, Failure("failed", "x", retryable=True)))
    assert interpreter.next()[0][0].attempt == 4
    interpreter.finish(Finished("a", 4, "do", None, Failure("failed", "x", retryable=True)))
    assert isinstance(interpreter.next()[1], Broken)


def test_of_what_was_rescued_the_rescue_is_what_failed() -> None:
    hand = Hand({"try": [step("a")], "rescue": [step("b")]})
    hand.fail("a").fail("b")
    assert hand.interpreter.failed() == ["b"]


def test_all_branches_that_failed_are_told() -> None:
    hand = Hand({"parallel": [[step("a")], [step("b"), step("c")], [step("d")]]})
    hand.fail("a").ok("b").fail("d")
    assert hand.interpreter.failed() == ["a", "d"]


def test_an_expression_that_failed_is_no_step() -> None:
    hand = Hand(step("a"), output="${steps.a.nosuch}").ok("a", {})
    assert isinstance(hand.end, Broken)
    assert hand.interpreter.failed() == []
    made = routine(step("a"), output="${steps.a.nosuch}")
    assert fails_at_once(made, None, [Finished("a", 1, "do", {})], {})
    assert not fails_at_once(made, None, [Finished("a", 1, "do", {})], {"a": 1})


def computes(structure: int) -> bool:
    """Whether something may fail in it that is no step: a condition, a loop at its limit."""
    text = json.dumps(Structure(Random(structure), ("do", "ask")).data())
    return '"loop":' in text or '"if":' in text


@any_case
@given(SEEDS, FATES, SEEDS, st.integers(0, 10**6))
def test_from_any_step_on_it_comes_to_the_same_end(
    structure: int, fate: Fate, order: int, place: int
) -> None:
    """What is kept is not done again; the step and what follows it is."""
    made = Structure(Random(structure), ("do", "ask"))
    live = Live(made.routine(), fate, Random(order))
    end = live.play(lambda _: None)
    assume(end is not None and live.ended)
    path = live.ended[place % len(live.ended)].path
    found = kept_to_go_on(live.routine, 5, live.ended, path) or ()
    keep = [one for one in found if isinstance(one, Finished)]
    again = Live(live.routine, fate, Random(order + 1), before=keep)
    begun: list[set[str]] = []
    other = again.play(lambda _: begun.append(set(again.under_way)))
    assert (path in begun[0]) == begins(live.routine, 5, keep, path)
    assert path in begun[0] or computes(structure), "it is begun at once"
    assert not {one.path for one in keep if one.failure is None} & {e.path for e in again.ended}
    assert not isinstance(end, Done) or other == end


@any_case
@given(SEEDS, st.builds(Fate, SEEDS, st.just(30)), SEEDS)
def test_without_what_failed_it_goes_on(structure: int, fate: Fate, order: int) -> None:
    """Exactly these are called again, with new numbers."""
    live = Live(Structure(Random(structure), ("do",)).routine(), fate, Random(order))
    assume(isinstance(live.play(lambda _: None), Broken))
    paths = failed(live.routine, 5, live.ended)
    assume(paths)
    stay = {one.path for one in live.ended} - paths
    numbers = given_up(live.ended, stay)
    assume(not fails_at_once(live.routine, 5, live.ended, numbers))
    interpreter = Interpreter(live.routine, 5)
    for entry in live.ended:
        interpreter.finish(entry)
    for path, attempt in numbers.items():
        interpreter.again(path, attempt)
    calls, end = interpreter.next()
    assert end is None
    first = {call.path: call.attempt for call in calls}
    assert paths <= first.keys()
    assert all(first[path] == numbers[path] + 1 for path in paths & first.keys())

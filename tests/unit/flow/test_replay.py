"""A journal is compared with what a build would do."""

from tests.support.flow import routine, step
from vrooli.flow.entries import Again, Begun, Failure, Finished, Told
from vrooli.flow.replay import differences


def test_a_step_that_is_no_more_is_told() -> None:
    made = routine(step("a"), step("b"))
    done = [Finished("a", 1, "do", 1), Finished("c", 1, "do", 1)]
    assert differences(made, None, done) == ["c: this build would not come to attempt 1"]


def test_a_step_of_another_type_is_told() -> None:
    made = routine(step("a"))
    (said,) = differences(made, None, [Finished("a", 1, "ask", 1)])
    assert said == "a: it was a step of type ask, and would be do"


def test_other_arguments_of_what_is_under_way_are_told() -> None:
    made = routine({"step": "a", "do": {"n": "${inputs.n + 1}"}})
    begun = Begun("a", 1, "do", {"n": 3}, 0.0)
    assert differences(made, {"n": 2}, [begun]) == []
    (said,) = differences(made, {"n": 3}, [begun])
    assert said == "a: this build would give it other arguments"


def test_fewer_attempts_than_there_were_are_told() -> None:
    made = routine(step("a"))
    failed = Failure("failed", "no", retryable=True)
    tried = [Finished("a", 1, "do", None, failed), Finished("a", 2, "do", 1)]
    (said,) = differences(made, None, tried)
    assert said == "a: this build would not come to attempt 2"
    assert differences(routine(step("a", retry={"most": 2})), None, tried) == []


def test_attempts_that_were_given_up_are_not_missed() -> None:
    """After a retry of the run their numbers go on."""
    failed = Failure("failed", "no")
    told: list[Told] = [Finished("a", 1, "do", None, failed), Again("a", 1)]
    told.append(Finished("a", 2, "do", 1))
    assert differences(routine(step("a"), step("b")), None, told) == []


def test_what_a_step_noted_inside_itself_is_not_compared() -> None:
    told = [Finished("a/model[1]", 1, "model", {}), Finished("a", 1, "do", 1)]
    assert differences(routine(step("a")), None, told) == []

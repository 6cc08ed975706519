"""The step `approval`."""

from typing import Any

import pytest

from tests.support.steps import call, executed, failure, output, tools
from vrooli.execution.executor import StepExecutor
from vrooli.execution.step_type import StepTools
from vrooli.flow.approval import Answer, NobodyDecides, digest
from vrooli.flow.driver import Parked
from vrooli.host.memory.approvals import MemoryApprovals
from vrooli.host.memory.clock import MemoryClock

NOON = 1_800_014_400.0  # 2027-01-15T12:00:00Z
HASH = "123b424b7606d08d0756074e1f76051117423e1a66a03e02f56fd334de63705b"
ASKED = {"message": "may it?", "what": {"b": [1, 2.5], "a": "é"}}


@pytest.fixture
def approvals() -> MemoryApprovals:
    return MemoryApprovals()


@pytest.fixture
def given(approvals: MemoryApprovals) -> StepTools:
    return tools(clock=MemoryClock(wall=NOON), approvals=approvals)


async def parked(given: StepTools, **arguments: Any) -> Parked:
    executor = StepExecutor("run-1", given)
    with pytest.raises(Parked) as caught:
        await executor.execute(call("approval", {**ASKED, **arguments}), given.clock.wall())
    return caught.value


async def answered(
    approvals: MemoryApprovals, given: StepTools, answer: Answer, **arguments: Any
) -> Any:
    """How it ends with this answer."""
    await parked(given, **arguments)
    approvals.decide("run-1", "it", answer)
    return await executed("approval", {**ASKED, **arguments}, given)


async def test_it_is_parked_until_somebody_decides(
    approvals: MemoryApprovals, given: StepTools
) -> None:
    assert (await parked(given)).until is None
    assert (await parked(given, expires="2h")).until == NOON + 7200
    assert len(approvals.asked) == 1, "the same question is one"
    answer = Answer("approved", "bob", NOON + 5, "as agreed")
    assert output(await answered(approvals, given, answer)) == {
        "approved": True,
        "by": "bob",
        "at": "2027-01-15T12:00:05+00:00",
        "reason": "as agreed",
    }


async def test_it_is_bound_to_what_is_approved(
    approvals: MemoryApprovals, given: StepTools
) -> None:
    await parked(given)
    assert approvals.asked[0].hash == digest({"a": "é", "b": [1, 2.5]})
    # sha256sum of {"a":"é","b":[1,2.5]}
    assert approvals.asked[0].hash == HASH


@pytest.mark.parametrize(
    ("answer", "arguments", "kind"),
    [
        (Answer("rejected", "bob", NOON, "no"), {}, "rejected"),
        (Answer("expired", "", NOON), {"expires": "1s"}, "rejected"),
        (Answer("expired", "", NOON), {"expires": "1s", "on_expiry": "fail"}, "expired"),
        (
            Answer("expired", "", NOON),
            {"expires": "1s", "on_expiry": "fail", "on_reject": "continue"},
            "expired",
        ),
    ],
)
async def test_a_rejection_is_a_failure(
    approvals: MemoryApprovals, given: StepTools, answer: Answer, arguments: Any, kind: str
) -> None:
    assert failure(await answered(approvals, given, answer, **arguments)) == (kind, False)


@pytest.mark.parametrize("status", ["rejected", "expired"])
async def test_the_run_may_go_on_after_it(
    approvals: MemoryApprovals, given: StepTools, status: str
) -> None:
    answer = Answer(status, "bob" if status == "rejected" else "", NOON)
    found = output(await answered(approvals, given, answer, on_reject="continue"))
    assert (found["approved"], found["by"]) == (False, "bob" if status == "rejected" else None)


@pytest.mark.parametrize(
    "arguments",
    [
        {"what": 1},
        {"message": "m"},
        {"message": "", "what": 1},
        {**ASKED, "expires": 5},
        {**ASKED, "expires": "soon"},
        {**ASKED, "expires": "367d"},
        {**ASKED, "expires": "9999999d"},
        {**ASKED, "on_reject": "stop"},
        {**ASKED, "what": float("nan")},
    ],
)
async def test_arguments_that_cannot_be(given: StepTools, arguments: Any) -> None:
    assert failure(await executed("approval", arguments, given)) == ("arguments", False)


async def test_where_no_questions_are_kept_it_says_so() -> None:
    found = await executed("approval", ASKED, tools(approvals=NobodyDecides()))
    assert found.failure is not None
    assert found.failure.reason == "nobody can be asked here"

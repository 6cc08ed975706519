"""Why a swarm is where it is, and what ends it."""

from dataclasses import replace

import pytest

from tests.unit.execution.test_swarm_deciding import state, task
from vrooli.cli.run_why import lines
from vrooli.execution.runs.why import Reason
from vrooli.execution.swarms.why import ends_at, of_swarm


@pytest.mark.parametrize(
    ("deadline", "time_over", "until", "found"),
    [
        ("100s", None, None, (100.0, "policy")),
        ("100s", 200.0, 200.3, (100.0, "policy")),
        ("100s", 50.0, 50.3, (50.0, "budget")),
        ("100s", 200.0, 20.0, (20.0, "")),
        (None, 200.0, 200.3, (200.0, "budget")),
        (None, None, 20.0, (20.0, "")),
        (None, None, None, (None, "")),
    ],
)
def test_what_ends_it_first_is_told(
    deadline: str | None, time_over: float | None, until: float | None, found: object
) -> None:
    policy = {"deadline": deadline} if deadline else {}
    swarm = replace(state(task("a"), parts={"policy": policy}), begun=0.0)
    reason = ends_at(Reason("signal", "it waits", False, until=until), swarm, time_over)
    assert (reason.until, reason.until_of) == found


def test_people_read_what_ends_it() -> None:
    reason = Reason("signal", "it waits", False, 1.0, 100.0, until_of="policy").to_json()
    assert lines(reason, 40.0)[2].endswith("(in 1 min), the deadline of its policy")
    assert lines({**reason, "until_of": ""}, 40.0)[2].endswith("(in 1 min)")


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_one_that_did_not_come_to_its_end_can_be_retried(status: str) -> None:
    own = Reason("ended", "it failed", False, command="vrooli run show s", next_step="look")
    found = of_swarm("s", own, status)
    assert found.command == "vrooli run retry s"
    assert found.next_step.startswith("`vrooli swarm show s` tells")
    limit = replace(own, code="budget", command="vrooli run budget s time=40")
    assert of_swarm("s", limit, status) == limit
    assert of_swarm("s", own, "completed").command == "vrooli swarm show s"

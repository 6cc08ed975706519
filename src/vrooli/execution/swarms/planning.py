"""What a coordinator may answer, and whether a swarm can go on with it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vrooli.execution.swarms.model import Policy
from vrooli.execution.swarms.reading import SwarmError, forbidden, read_tasks, wrong_plan
from vrooli.execution.swarms.state import State


@dataclass(frozen=True, slots=True)
class Answer:
    """Of a coordinator.

    Attributes:
        done: it says that the goal is met.
        output: what the swarm comes to then.
        tasks: what is to be done next, as data.
        problems: why it is none.
    """

    done: bool = False
    output: Any = None
    tasks: tuple[Mapping[str, Any], ...] = ()
    problems: str = ""


def answer(output: Any) -> Answer:
    """What it says: `{done: true, output}` or `{tasks: [...]}`."""
    if not isinstance(output, Mapping):
        return Answer(problems="expected an object with `tasks`, or with `done` and `output`")
    if output.get("done") is True:
        return Answer(done=True, output=output.get("output"))
    tasks = output.get("tasks")
    try:
        read_tasks(tasks)
    except SwarmError as error:
        return Answer(problems=error.what)
    if not isinstance(tasks, list) or not tasks:
        return Answer(problems="it plans no task, and does not say that the goal is met")
    return Answer(tasks=tuple(tasks))


def judge(state: State, policy: Policy, tasks: tuple[Mapping[str, Any], ...]) -> str:
    """Why the swarm cannot go on with these tasks; empty when it can."""
    swarm = state.swarm
    longer = replace(swarm, plan=(*swarm.plan, *read_tasks(list(tasks))))
    return "; ".join(map(str, (*wrong_plan(longer), *forbidden(longer, policy))))

"""Hands tasks of a swarm to people, and takes them back: as new versions of its plan. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vrooli.core.errors import Refused, UnknownName
from vrooli.execution.swarms.model import Task, strictest
from vrooli.execution.swarms.state import Stands, State, Try, by_hand, gate, standing

Written = Sequence[Mapping[str, Any]]
"""A plan, as data."""

Plan = list[dict[str, Any]]
"""A new one."""

ANY = "SWARM"
"""Stands in advice for the id of a swarm that has none."""


def task_of(state: State, task: str, run: str = ANY) -> Task:
    """The task of that id, of this swarm.

    Raises:
        UnknownName: the plan has none.
    """
    for one in state.swarm.plan:
        if one.id == task:
            return one
    advice = f"`vrooli swarm show {run}` shows its tasks"
    raise UnknownName(f"the swarm has no task `{task}`", task, next_step=advice)


def handed(plan: Written, state: State, name: str, what: str, run: str = ANY) -> Plan:
    """The plan in which a person does the task; what its runs did up to now counts no more.

    Raises:
        UnknownName: there is no such task.
        Refused: it has come to its end, or a person is to do it already.
    """
    task = _open(state, run, name)
    if task.by_hand:
        advice = f"`vrooli swarm done {run} {name}` tells that it is done"
        raise Refused("a person is to do it already", where=name, next_step=advice)
    said = {"number": 1} | ({"what": what} if what else {})
    return renewed(_changed(plan, name, lambda one: {**one, "handed": said}), state)


def taken_back(plan: Written, state: State, name: str, run: str = ANY) -> Plan:
    """The plan in which the swarm does it itself again, with as many tries as at first, and asks
    anew where it asks.

    Raises:
        UnknownName: there is no such task.
        Refused: it has come to its end, or was not handed to anybody.
    """
    if _open(state, run, name).handed is None:
        advice = f"`vrooli swarm hand {run} {name} --to-person` hands it to one"
        raise Refused("the task was not handed to a person", where=name, next_step=advice)
    kept = _changed(plan, name, lambda one: {key: one[key] for key in one if key != "handed"})
    return renewed(kept, state)


def renewed(plan: Written, state: State) -> Plan:
    """The plan as it is written in the place of the one there is. A task that comes back, or is
    done by somebody else now, begins as a new one: nothing counts of what was tried, asked or
    answered up to now, but what was done or skipped. In the others nothing counts again that did
    not any more, whatever an older plan says.
    """
    before = {task.id: task for task in state.swarm.plan}
    return [_renewed(one, before.get(one["task"]), state) for one in plan]


def open_runs(state: State, name: str, run: str = ANY) -> list[str]:
    """Ids of its runs that have not ended."""
    return [one.run for one in state.all_of(task_of(state, name, run)) if one.open]


def done_meanwhile(state: State, name: str, run: str = ANY) -> Refused | None:
    """What to say when the task came to its end before it could be handed on."""
    return _ended(state, run, task_of(state, name, run), "meanwhile: what was done first counts")


def _open(state: State, run: str, name: str) -> Task:
    task = task_of(state, name, run)
    if refused := _ended(state, run, task, "already"):
        raise refused
    return task


def _ended(state: State, run: str, task: Task, when: str) -> Refused | None:
    status = standing(state, task, strictest((state.swarm.policy, *state.above))).status
    if status not in (Stands.DONE, Stands.SKIPPED):
        return None
    advice = f"`vrooli swarm show {run}` tells what it came to"
    return Refused(f"the task is {status} {when}", where=task.id, next_step=advice)


def _renewed(one: Mapping[str, Any], before: Task | None, state: State) -> dict[str, Any]:
    name, handed = one["task"], one.get("handed")
    past = {"since": before.since, "asked": before.asked} if before else {"since": 0, "asked": 0}
    if before is None or _whose(one) != _who(before):
        if handed:
            number = max(handed["number"], _number(state.last(by_hand(name))) + 1)
            return {**one, "handed": {**handed, "number": number}}
        unmade = state.unmade.get(name)
        tried = max(_number(state.last(name)), unmade.number if unmade else 0)
        past = {"since": tried, "asked": _number(state.last(gate(name)))}
    numbers = {key: max(number, one.get(key, 0)) for key, number in past.items()}
    return {**one, **{key: number for key, number in numbers.items() if number}}


def _whose(one: Mapping[str, Any]) -> tuple[bool, int]:
    """Who does a task that is written so."""
    return "person" in one, one["handed"]["number"] if "handed" in one else 0


def _who(task: Task) -> tuple[bool, int]:
    return task.person is not None, task.handed.number if task.handed else 0


def _number(last: Try | None) -> int:
    return last.number if last else 0


def _changed(plan: Written, name: str, change: Callable[[Mapping[str, Any]], Any]) -> Plan:
    return [change(one) if one["task"] == name else dict(one) for one in plan]

"""What a swarm does next. Pure: the same state gives the same commands."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.core.expression import ExpressionError
from vrooli.execution.swarms.model import Call, Policy, Task, strictest
from vrooli.execution.swarms.planning import answer, judge
from vrooli.execution.swarms.reading import forbidden
from vrooli.execution.swarms.state import (
    CHECKING,
    PLANNING,
    TASK,
    Standing,
    Stands,
    State,
    Try,
    asks,
    does,
    ended,
    first_of,
    gate,
    scope,
    standing,
)

APPROVING, HANDING = "swarm-approval", "swarm-person"
"""Routines that ask somebody, and that wait for what somebody does."""


@dataclass(frozen=True, slots=True)
class Start:
    """Have a run made.

    Attributes:
        name: what for: a task, or something beside them.
        number: from 1, of those for the same.
        routine: which.
        inputs: for it.
        budget: as people write it.
        then: of a question, what is started when somebody approves: nobody is asked about what
            could not begin.
    """

    name: str
    number: int
    routine: str
    inputs: Any
    budget: Any = None
    then: "Start | None" = None


@dataclass(frozen=True, slots=True)
class Cut:
    """End a run for which nobody waits any more.

    Attributes:
        run: id.
    """

    run: str


@dataclass(frozen=True, slots=True)
class Write:
    """Put something on the blackboard.

    Attributes:
        key: where.
        value: what.
        by: id of the run that came to it.
    """

    key: str
    value: Any
    by: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A task will not be done.

    Attributes:
        task: id.
    """

    task: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Go on with more tasks.

    Attributes:
        tasks: as data, to come after those that there are.
        by: id of the run that planned them.
    """

    tasks: tuple[Mapping[str, Any], ...]
    by: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """A plan cannot be.

    Attributes:
        problems: what is wrong with it.
        by: id of the run that made it.
    """

    problems: str
    by: str


@dataclass(frozen=True, slots=True)
class End:
    """The goal is met.

    Attributes:
        output: what the swarm came to.
    """

    output: Any


@dataclass(frozen=True, slots=True)
class Fail:
    """It cannot be.

    Attributes:
        kind: of the failure.
        reason: one sentence.
        where: in the swarm.
    """

    kind: str
    reason: str
    where: str = ""


Command = Start | Cut | Write | Skip | Adopt | Refuse | End | Fail


def decide(state: State, now: float) -> tuple[Command, ...]:
    """What is to be done; nothing while it only waits.

    Args:
        state: how it stands.
        now: unix seconds.
    """
    policy = strictest((state.swarm.policy, *state.above))
    stands = {task.id: standing(state, task, policy) for task in state.swarm.plan}
    if wrong := _hopeless(state, policy, stands, now):
        return (wrong,)
    first: tuple[Command, ...] = (*_cuts(state, stands), *_writes(state, stands))
    if first:
        return first
    try:
        commands = _next(state, policy, stands)
    except _Wrong as error:
        return (Fail("expression", error.what, error.where),)
    # Nothing of a swarm goes on after its end: what fails ends all below it by itself.
    under_way = tuple(Cut(one.run) for one in state.under_way()) if _ends(commands) else ()
    return under_way or commands


def deadline(state: State) -> float | None:
    """Unix seconds at which it looks by itself; None for never."""
    most = state.swarm.policy.deadline
    return None if most is None else state.begun + most


def _ends(commands: tuple[Command, ...]) -> bool:
    return any(isinstance(one, End) for one in commands)


def _cuts(state: State, stands: Mapping[str, Standing]) -> Iterator[Cut]:
    """What the plan or the policy has no place for any more."""
    awaited = {one.last.run for one in stands.values() if one.last}
    for name, tries in state.tries.items():
        if name not in (PLANNING, CHECKING):
            yield from (Cut(one.run) for one in tries if one.open and one.run not in awaited)


def _hopeless(
    state: State, policy: Policy, stands: Mapping[str, Standing], now: float
) -> Fail | None:
    due = deadline(state)
    if due is not None and now >= due:
        return Fail("deadline", f"the goal is not met within {policy.deadline:g} s")
    if policy.depth < 0:
        return Fail("too-deep", "the policy of a swarm above allows no swarm here")
    for mistake in forbidden(state.swarm, policy, ended(stands)):
        return Fail("policy", mistake.reason, mistake.where)
    return None


def _writes(state: State, stands: Mapping[str, Standing]) -> Iterator[Write]:
    for task in state.swarm.plan:
        one = stands[task.id]
        if (
            task.writes
            and one.status is Stands.DONE
            and one.last
            and one.last.run not in state.wrote
        ):
            yield Write(task.writes, one.last.output, one.last.run)


def _next(state: State, policy: Policy, stands: Mapping[str, Standing]) -> tuple[Command, ...]:
    for task in state.swarm.plan:
        one = stands[task.id]
        if one.status is Stands.FAILED and not task.goes_on:
            said = f"task `{task.id}` failed: "
            # A swarm within itself says the same at each level.
            return (Fail(TASK, said + one.why.removeprefix(said), task.id),)
    if begun := tuple(_begun(state, policy, stands)):
        return begun
    if any(not one.status.ended for one in stands.values()):
        return ()
    return _goal(state, policy, stands)


def _begun(state: State, policy: Policy, stands: Mapping[str, Standing]) -> Iterator[Command]:
    """Tasks whose turn it is."""
    by_hand = {task.id for task in state.swarm.plan if task.by_hand}
    running = {name for name, one in stands.items() if one.status is Stands.RUNNING}
    # Who waits for a person takes no place: nothing is under way, and nothing is spent.
    room = policy.width - len(running - by_hand)
    seen = scope(state, stands)
    for task in state.swarm.plan:
        one = stands[task.id]
        ready = all(stands[after].status.ended for after in task.after)
        if one.status is not Stands.WAITING or not ready or task.needs - state.board.keys():
            continue
        if not state.had_turn(task) and not _holds(task, seen):
            yield Skip(task.id)
            continue
        asked = state.question(task)
        if asks(task, policy) and not (asked and asked.done):
            yield _asking(task, state, policy, seen, one.last)
        elif task.by_hand or room > 0:
            room -= not task.by_hand
            yield _doing(task, one.last, asked, seen)


def _asking(
    task: Task, state: State, policy: Policy, seen: Mapping[str, Any], tried: Try | None
) -> Start:
    last = state.last(gate(task.id))
    what = {"task": task.id, "risk": task.risk, **_work(task, seen)}
    what |= {"budget": task.budget} if task.budget else {}
    message = f"May the swarm do `{task.id}` ({task.risk})? Its goal: {seen['goal']}"
    inputs = {
        "message": message[:2000],
        "what": what,
        "shows": _shows(task, last, what, seen),
        "expires": f"{policy.approval:.3f}s",
        "of": task.asked_for,
        "attempt": state.attempt,
    }
    number = max(last.number if last else 0, task.asked) + 1  # else it would not count
    then = None if task.by_hand else _doing(task, tried, None, seen)
    return Start(gate(task.id), number, APPROVING, inputs, then=then)


def _shows(task: Task, last: Try | None, what: Any, seen: Mapping[str, Any]) -> Any:
    """What would change; else what is asked otherwise than before."""
    if task.shows is not None:
        return _filled(task.shows, seen, f"{task.id}.shows")
    before = last.inputs["what"] if last else what
    return {"before": before, "after": what} if before != what else None


def _doing(task: Task, last: Try | None, asked: Try | None, seen: Mapping[str, Any]) -> Start:
    """Exactly what was approved, where somebody was asked."""
    approved = asked is not None and asked.done and task.handed is None
    work = asked.inputs["what"] if asked and approved else _work(task, seen)
    number = last.number + 1 if last else first_of(task)
    if task.by_hand:
        return Start(does(task), number, HANDING, {"what": work["person"], "task": task.id})
    return Start(task.id, number, work["routine"], work["inputs"], task.budget)


def _work(task: Task, seen: Mapping[str, Any]) -> dict[str, Any]:
    if task.handed is not None:
        return {"person": task.handed.what or _instead(task, seen)}
    if task.person is not None:
        return {"person": str(_filled(task.person, seen, f"{task.id}.person"))}
    return {"routine": task.routine, "inputs": _filled(task.inputs, seen, f"{task.id}.inputs")}


def _instead(task: Task, seen: Mapping[str, Any]) -> str:
    """What a person does who is not told."""
    inputs = _filled(task.inputs, seen, f"{task.id}.inputs")
    given = f", which is given {json.dumps(inputs, ensure_ascii=False)}" if inputs else ""
    return f"Do what the routine `{task.routine}` does{given}"[:2000]


def _goal(state: State, policy: Policy, stands: Mapping[str, Standing]) -> tuple[Command, ...]:
    """All tasks have ended."""
    swarm, seen = state.swarm, scope(state, stands)
    planned = len(swarm.plan) > 0 or state.last(PLANNING) is not None
    checked = swarm.done_when is not None or swarm.done_check is not None
    if planned and checked:
        met = _met(state, seen)
        if not isinstance(met, bool):
            return met
        if met:
            return (End(_output(state, seen)),)
    if swarm.coordinator is None:
        if not checked:
            return (End(_output(state, seen)),)
        return (Fail("goal-not-met", "all tasks have ended, and the goal is not met", "done"),)
    return _planned(state, policy, stands, swarm.coordinator, checked=checked)


def _met(state: State, seen: Mapping[str, Any]) -> bool | tuple[Command, ...]:
    """Whether the goal is; or what is to be done to find out."""
    swarm = state.swarm
    if swarm.done_when is not None:
        try:
            if not swarm.done_when.holds(seen):
                return False
        except ExpressionError as error:
            raise _Wrong(error.what, "done.when") from error
    if swarm.done_check is None:
        return True
    last = state.last(CHECKING)
    if last is not None and last.open:
        return ()
    # Once for each plan, and again in each attempt.
    number = len(state.tries.get(PLANNING, ())) + state.attempt
    if last is None or last.number < number:
        inputs = _filled(swarm.done_check.inputs, seen, "done.inputs")
        return (Start(CHECKING, number, swarm.done_check.routine, inputs),)
    return last.done


def _planned(
    state: State,
    policy: Policy,
    stands: Mapping[str, Standing],
    coordinator: Call,
    *,
    checked: bool,
) -> tuple[Command, ...]:
    """What the coordinator says, or is to be asked."""
    last, seen = state.last(PLANNING), scope(state, stands)
    if last is not None and last.open:
        return ()
    if last is not None and last.done and last.run not in state.adopted | state.refused:
        said = answer(last.output)
        if said.done and not checked:
            return (End(said.output),)
        problems = said.problems or judge(state, policy, said.tasks)
        if problems:
            return (Refuse(problems, last.run),)
        return (Adopt(said.tasks, last.run),)
    if last is not None and not last.done and state.failures(PLANNING) >= state.attempt:
        return (Fail("coordinator", f"no plan: {last.why}", PLANNING),)
    if _idle(state, stands) >= policy.cycles * state.attempt:
        what = f"{policy.cycles} plans in a row brought nothing"
        return (Fail("no-progress", f"{what}; {state.problems}".rstrip("; "), PLANNING),)
    inputs = {
        **_filled(coordinator.inputs, seen, "coordinator.inputs"),
        **{key: seen[key] for key in ("goal", "board", "tasks", "messages")},
        "problems": state.problems,
    }
    number = last.number + 1 if last else 1
    return (Start(PLANNING, number, coordinator.routine, inputs),)


def _idle(state: State, stands: Mapping[str, Standing]) -> int:
    """Plans in a row, the last ones, none of whose tasks was done: those that were refused among
    them, whichever tasks they name.
    """
    count = 0
    for one in reversed(state.tries.get(PLANNING, ())):
        tasks = answer(one.output).tasks if one.run in state.adopted else ()
        names = [task["task"] for task in tasks if task["task"] in stands]
        if any(stands[name].status is Stands.DONE for name in names):
            break
        count += 1
    return count


def _output(state: State, seen: Mapping[str, Any]) -> Any:
    if state.swarm.output is not None:
        return _filled(state.swarm.output, seen, "output")
    done = {name: one["output"] for name, one in seen["tasks"].items() if one["status"] == "done"}
    return done


class _Wrong(Exception):
    """An expression has no value."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(what)
        self.what, self.where = what, where


def _holds(task: Task, seen: Mapping[str, Any]) -> bool:
    try:
        return task.when is None or task.when.holds(seen)
    except ExpressionError as error:
        raise _Wrong(error.what, f"{task.id}.when") from error


def _filled(template: Any, seen: Mapping[str, Any], where: str) -> Any:
    try:
        return template.filled(seen)
    except ExpressionError as error:
        raise _Wrong(f"{error.what}: {error.where}", where) from error

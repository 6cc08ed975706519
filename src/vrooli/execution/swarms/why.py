"""Why a swarm is where it is, by its tasks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from shlex import quote

from vrooli.execution.runs.why import Reason
from vrooli.execution.swarms.deciding import deadline
from vrooli.execution.swarms.model import Task, strictest
from vrooli.execution.swarms.state import OPEN, Stands, State, does, standing

OF_STEP = ("step", "waiting", "between-steps")
"""Codes that say no more than that its step is under way."""

OF_POLICY, OF_BUDGET = "policy", "budget"
"""Whose end of time it is until which a swarm waits."""

AGAIN = ("failed", "cancelled")
"""Statuses from which a swarm can go on by a retry."""

SAME = 1.0
"""Seconds by which the same time may be told as another one."""

MOST = 5
"""Of what it waits for that are named."""


LOOKED_AT = 50
"""Of what it waits for that are looked at: people may have a thousand tasks at once."""


def under_way(state: State) -> tuple[dict[str, str], int]:
    """By name the runs that it waits for, as far as they are looked at, and how many more there
    are.
    """
    last = {name: tries[-1] for name, tries in state.tries.items()}
    found = [(name, one.run) for name, one in last.items() if one.status in OPEN]
    return dict(found[:LOOKED_AT]), max(0, len(found) - LOOKED_AT)


def why(run: str, own: Reason, state: State, below: Mapping[str, Reason], more: int = 0) -> Reason:
    """The reason.

    Args:
        run: id of the swarm.
        own: why its run is where it is.
        state: how it stands.
        below: by name, why what it waits for is where it is.
        more: how much else it waits for, that nobody looked at.
    """
    if own.code not in OF_STEP:
        return of_swarm(run, own)
    persons = {does(task): task for task in state.swarm.plan if task.by_hand}
    found = [
        _person(run, one, persons[name])
        if name in persons and one.code == "signal"
        else replace(one, says=f"`{name}`: {one.says}", step=name)
        for name, one in below.items()
    ]
    if found:
        # What a person can do something about comes first.
        return _all(sorted(found, key=lambda one: one.moving), more)
    policy = strictest((state.swarm.policy, *state.above))
    for task in state.swarm.plan:
        missing = sorted(task.needs - state.board.keys())
        if standing(state, task, policy).status is Stands.WAITING and missing:
            said = f"task `{task.id}` waits until `{missing[0]}` stands on the blackboard"
            command = f"vrooli swarm write {run} board.{quote(missing[0])} JSON"
            reason = Reason("blackboard", said, False, own.since, own.until, task.id)
            return replace(reason, command=command, next_step=f"`{command}`")
    return own


def ends_at(reason: Reason, state: State, time_over: float | None) -> Reason:
    """It, with what ends the swarm before it changes by itself: the deadline of its policy, or the
    time of its budget, whichever comes first.

    Args:
        reason: why it is where it is.
        state: how it stands.
        time_over: unix seconds at which the time of its budget is; None for never.
    """
    times = ((deadline(state), OF_POLICY), (time_over, OF_BUDGET))
    found = [(at, whose) for at, whose in times if at is not None]
    if not found:
        return reason
    at, whose = min(found)
    # What lies below waits at most until then, by another clock.
    if reason.until is not None and reason.until < at - SAME:
        return reason
    return replace(reason, until=at, until_of=whose)


def _all(reasons: Sequence[Reason], more: int) -> Reason:
    """The first one, which names the others as well, and what to do about those that do not go on
    by themselves.
    """
    named = reasons[:MOST]
    left = len(reasons) - len(named) + more
    says = [one.says for one in named] + ([f"and {left} more"] if left > 0 else [])
    todo = [one for one in named if not one.moving] or named
    advice = dict.fromkeys(one.next_step for one in todo)
    return replace(named[0], says="; ".join(says), next_step="; also ".join(advice))


def of_swarm(run: str, own: Reason, status: str = "") -> Reason:
    """Why its run, which stands at `status`, is where it is, with the commands for swarms where
    there are such. One that failed or was stopped can always go on.
    """
    if status in AGAIN and own.command == f"vrooli run show {run}":
        again = f"vrooli run retry {run}"
        advice = f"`vrooli swarm show {run}` tells what it came to, `{again}` goes on with it"
        return replace(own, command=again, next_step=advice)
    command, advice = own.command, own.next_step
    for word in ("show", "resume"):
        before, after = (f"vrooli {what} {word} {run}" for what in ("run", "swarm"))
        command, advice = command.replace(before, after), advice.replace(before, after)
    return replace(own, command=command, next_step=advice)


def _person(run: str, one: Reason, task: Task) -> Reason:
    command = f"vrooli swarm done {run} {task.id} --output JSON"
    said, advice = f"task `{task.id}` waits for a person", f"`{command}`"
    if task.handed:
        said += ", who was handed it"
        advice += f"; or `vrooli swarm take-back {run} {task.id}`"
    return replace(one, says=said, step=task.id, command=command, next_step=advice)

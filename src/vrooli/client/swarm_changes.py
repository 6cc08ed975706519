"""What a new version of a plan or of a policy does to a swarm that works: what becomes looser,
which questions fall away, what is ended. Told before it is written, wherever that is. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.amounts import seconds_of

PLAN, POLICY = "plan", "policy"

LIMITS: Mapping[str, Any] = {"width": 4, "depth": 3, "tasks": 100, "cycles": 3}
"""What a policy allows where it does not say."""

ASKED = ("dangerous",)
"""Classes of risk that somebody is asked about where it does not say."""

RISKS = ("reading", "changing", "dangerous")
"""Of tasks, the mildest first; that of one that does not say is the first."""

ASKED_FOR = ("routine", "person", "inputs", "risk", "since", "budget", "shows")
"""What of a task somebody is asked about: a question counts no more when any of it is another."""

_ALLOWS = {
    "width": "{} tasks at once instead of {}",
    "depth": "{} swarms in each other below it instead of {}",
    "tasks": "{} tasks in all instead of {}",
    "cycles": "{} plans in a row may bring nothing, instead of {}",
}

Task = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Meant:
    """What somebody should mean who writes it, each in a few words.

    Attributes:
        looser: what it may do that it may not now, and what is said no more.
        unasked: open questions that fall away.
        ended: what is under way and ends.
    """

    looser: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it."""
        return (*self.looser, *self.unasked, *self.ended)


def meant_by(swarm: Mapping[str, Any] | None, name: str, after: Any, now: float) -> Meant:
    """By writing `after` as that document of a swarm, which stands as the server tells it, at
    `now` (unix seconds). What cannot be one says nothing: the server refuses it.
    """
    if swarm is None:
        return Meant()
    tasks, policy = swarm["plan"]["tasks"], swarm["policy"]["value"]
    if name == POLICY and isinstance(after, Mapping) and isinstance(policy, Mapping):
        late = _late(swarm["begun_at"], after.get("deadline"), now)
        return _by_policy(tasks, policy, after, late)
    if name == PLAN and _is_plan(after):
        return _by_plan(tasks, after, _asks(policy))
    return Meant()


def looser_policy(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What one policy says and another does not any more, and what that one allows beyond it."""
    said = [f"`{key}` goes away" for key in before if key not in after]
    for key, usual in LIMITS.items():
        old, new = (one.get(key, usual) for one in (before, after))
        if isinstance(old, int) and isinstance(new, int) and new > old:
            said.append(_ALLOWS[key].format(new, old))
    old, new = (one.get("deadline") for one in (before, after))
    if old and new and old != new:
        said.append(f"its deadline is {new} instead of {old}")
    said += _more_routines(before.get("routines"), after.get("routines"))
    asked = _asks(after)
    unasked = [risk for risk in _asks(before) if risk not in asked]
    return said + [f"nobody is asked any more about tasks that are {risk}" for risk in unasked]


def _more_routines(before: Any, after: Any) -> list[str]:
    if not isinstance(before, list):
        return []
    if after is None:
        return ["tasks may use any routine"]
    more = [str(one) for one in after if one not in before] if isinstance(after, list) else []
    return [f"tasks may use {', '.join(f'`{one}`' for one in more)} as well"] if more else []


def _asks(policy: Any) -> tuple[Any, ...]:
    """Classes of risk that it has somebody asked about."""
    said = policy.get("approve", ASKED) if isinstance(policy, Mapping) else ASKED
    return tuple(said) if isinstance(said, list | tuple) else ASKED


def _is_plan(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _late(begun: float, deadline: Any, now: float) -> tuple[str, ...]:
    """That nothing goes on after a deadline."""
    seconds = seconds_of(deadline) if isinstance(deadline, str) else None
    if seconds is None or now < begun + seconds:
        return ()
    return (f"the swarm is ended, and fails: its deadline, {deadline} after it began, is over",)


def _by_policy(
    tasks: Sequence[Task],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    late: tuple[str, ...],
) -> Meant:
    asked = _asks(after)
    open_ = (one["task"] for one in tasks if one["status"] == "asked" and _risk(one) not in asked)
    unasked = (f"the question about `{one}` falls away, and it begins unasked" for one in open_)
    return Meant(tuple(looser_policy(before, after)), tuple(unasked), late)


def _by_plan(before: Sequence[Task], after: Sequence[Task], asked: Sequence[Any]) -> Meant:
    new = {one.get("task"): one for one in after}
    open_ = [one for one in before if one["status"] not in ("done", "skipped")]
    pairs = [(one, new.get(one["task"])) for one in open_]
    return Meant(
        tuple(said for one, other in pairs if other for said in _looser(one, other, asked)),
        tuple(said for one, other in pairs if (said := _unasked(one, other, asked))),
        tuple(said for one, other in pairs if (said := _ended(one, other))),
    )


def _looser(one: Task, other: Task, asked: Sequence[Any]) -> Iterator[str]:
    """What a task may do that it might not."""
    name, old, new = one["task"], _risk(one), _risk(other)
    if old in RISKS and new in RISKS and RISKS.index(new) < RISKS.index(old):
        gate = ", and nobody is asked any more" if old in asked and new not in asked else ""
        yield f"the risk of `{name}` is {new} instead of {old}{gate}"
    if one.get("budget") and not other.get("budget"):
        yield f"the budget of `{name}` goes away"


def _unasked(one: Task, other: Task | None, asked: Sequence[Any]) -> str:
    """What becomes of the question about a task; empty where there is none, or it stays."""
    if one["status"] != "asked":
        return ""
    lead = f"the question about `{one['task']}` falls away"
    if other is None:
        return f"{lead}: that plan has no such task"
    if other.get("handed"):
        return f"{lead}: a person is to do it"
    if _risk(other) not in asked:
        return f"{lead}, and it begins unasked"
    return f"{lead}, and it is asked anew" if _asked_for(one) != _asked_for(other) else ""


def _ended(one: Task, other: Task | None) -> str:
    """What a task does now that ends; empty where nothing does."""
    if one["status"] != "running":
        return ""
    by = one.get("handed")
    who = "a person does" if by or not one.get("routine") else "a run does"
    lead = f"what {who} for `{one['task']}` is ended"
    if other is None:
        return f"{lead}: that plan has no such task"
    after = other.get("handed")
    if bool(by) != bool(after):
        return f"{lead}: {'a person is to do it' if after else 'the swarm does it itself again'}"
    first = after.get("number", 1) if isinstance(after, Mapping) else _number(other, "since") + 1
    return f"{lead}, and begun anew" if first > _number(one, "tries") else ""


def _risk(task: Task) -> Any:
    return task.get("risk", RISKS[0])


def _asked_for(task: Task) -> dict[str, Any]:
    return {key: task[key] for key in ASKED_FOR if key in task}


def _number(task: Task, key: str) -> int:
    value = task.get(key, 0)
    return value if isinstance(value, int) else 0

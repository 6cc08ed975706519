"""Reads a swarm from data. All mistakes at once, each by its place."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.core.expression import RESERVED, Expression, ExpressionError
from vrooli.core.nearest import did_you_mean
from vrooli.execution.steps.approval import LONGEST
from vrooli.execution.swarm_shape import PARTS, PLAN, POLICY
from vrooli.execution.swarms.model import Call, Handed, Policy, Swarm, Task
from vrooli.execution.swarms.sound import beside, misshapen, sound, sound_parts, sound_plan
from vrooli.flow.reading import Mistake
from vrooli.flow.template import Template
from vrooli.stack.durations import parse_ago

SEEN = frozenset({"inputs", "tasks", "board", "messages", "goal"})
"""Names that expressions of a swarm may use."""

_ASKED_FOR = ("routine", "person", "inputs", "risk", "since", "budget", "shows")

_SHAPE = {
    "type": "object",
    "required": ["goal"],
    "additionalProperties": False,
    "properties": PARTS,
}


class SwarmError(UsageError):
    """A swarm that cannot be.

    Attributes:
        mistakes: all that is wrong with it.
    """

    def __init__(self, mistakes: list[Mistake], advice: str = "correct the swarm") -> None:
        super().__init__("; ".join(map(str, mistakes)), next_step=advice)
        self.mistakes = mistakes


def read_swarm(parts: Mapping[str, Any]) -> Swarm:
    """The swarm.

    Raises:
        SwarmError: with every mistake in it.
    """
    found, mistakes = _read(parts)
    mistakes += forbidden(found, found.policy)
    if mistakes:
        raise SwarmError(mistakes)
    return found


def read_changed(parts: Mapping[str, Any]) -> Swarm:
    """One whose parts were changed by themselves: its policy may not allow what it has done. Else
    see `read_swarm`.
    """
    found, mistakes = _read(parts)
    if mistakes:
        raise SwarmError(mistakes)
    return found


def as_far_as_read(parts: Mapping[str, Any]) -> Swarm:
    """What of it can be read, whatever is wrong with the rest."""
    return _read(parts)[0]


def _read(parts: Mapping[str, Any]) -> tuple[Swarm, list[Mistake]]:
    wrong = misshapen(_SHAPE, dict(parts))
    given, reader = sound_parts(parts) if wrong else parts, _Reader()
    if not parts.get("plan") and "coordinator" not in parts:
        wrong.append(Mistake(("plan",), "expected tasks, or a `coordinator` that plans some"))
    done = given.get("done", {})
    found = Swarm(
        goal=given["goal"],
        plan=reader.tasks(given.get("plan", [])),
        policy=reader.policy(given.get("policy", {})),
        coordinator=reader.call(("coordinator",), given.get("coordinator")),
        done_when=reader.condition(("done", "when"), done.get("when")),
        done_check=reader.call(("done",), done if "routine" in done else None),
        team={one["name"]: one.get("role", "") for one in given.get("team", [])},
        output=reader.template(("output",), given["output"]) if "output" in given else None,
    )
    return found, [*wrong, *beside([*reader.mistakes, *wrong_plan(found)], wrong)]


def read_policy(data: Any) -> Policy:
    """A policy alone; `SwarmError` with what is wrong with it."""
    reader, wrong = _Reader(), misshapen(POLICY, data, ("policy",))
    found = reader.policy(sound(POLICY, data) if isinstance(data, Mapping) else {})
    if mistakes := [*wrong, *reader.mistakes]:
        raise SwarmError(mistakes)
    return found


def read_tasks(data: Any) -> tuple[Task, ...]:
    """Tasks alone; `SwarmError` with what is wrong with each."""
    reader, wrong = _Reader(), misshapen(PLAN, data, ("plan",))
    found = reader.tasks(sound_plan({"plan": data}) if wrong else data)
    if mistakes := [*wrong, *reader.mistakes]:
        raise SwarmError(mistakes)
    return found


def forbidden(
    swarm: Swarm, policy: Policy, ended: frozenset[str] = frozenset()
) -> Iterator[Mistake]:
    """What of it that policy does not allow, but for the tasks that have ended."""
    if len(swarm.plan) > policy.tasks:
        yield Mistake(("plan",), f"the policy allows {policy.tasks} tasks, not {len(swarm.plan)}")
    if policy.routines is None:
        return
    for at, routine in _asked(swarm, ended):
        if routine and routine not in policy.routines:
            allowed = ", ".join(f"`{one}`" for one in sorted(policy.routines)) or "none"
            yield Mistake(at, f"the policy does not allow the routine `{routine}`, but {allowed}")


def _asked(swarm: Swarm, ended: frozenset[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The routines that it uses, or will, and where."""
    for i, task in enumerate(swarm.plan):
        if task.id not in ended and task.handed is None:
            yield ("plan", i, "routine"), task.routine
    if swarm.coordinator is not None:
        yield ("coordinator", "routine"), swarm.coordinator.routine
    if swarm.done_check is not None:
        yield ("done", "routine"), swarm.done_check.routine


def wrong_plan(swarm: Swarm) -> Iterator[Mistake]:
    """Why its tasks cannot be done."""
    ids = [task.id for task in swarm.plan]
    for i, task in enumerate(swarm.plan):
        place = ("plan", i)
        if ids.index(task.id) != i:
            yield Mistake((*place, "task"), f"there are two tasks `{task.id}`")
        if task.id in RESERVED:
            yield Mistake((*place, "task"), f"`{task.id}` is a word of the expressions")
        if bool(task.routine) == bool(task.person is not None):
            yield Mistake(place, "expected a `routine` or a `person`, one of the two")
        for missing in sorted(task.after - set(ids)):
            near = did_you_mean(missing, ids)
            yield Mistake((*place, *_where(task, missing)), f"there is no task `{missing}`{near}")
        if task.person is not None and task.handed is not None:
            yield Mistake((*place, "handed"), "a person is to do it already")
        if task.agent and task.agent not in swarm.team:
            near = did_you_mean(task.agent, list(swarm.team))
            yield Mistake((*place, "agent"), f"the team has no `{task.agent}`{near}")
    if circle := _circle(swarm.plan):
        waiting = ", ".join(f"`{one}`" for one in circle)
        yield Mistake(("plan",), f"tasks wait for each other: {waiting}")


def _where(task: Task, other: str) -> tuple[str | int, ...]:
    """Where it names that one: in an expression, or else among those that end before."""
    texts = {"inputs": task.inputs, "person": task.person, "shows": task.shows}
    for key, text in texts.items():
        for place, used in text.placed() if text else ():
            if other in (used.members("tasks") or ()):
                return key, *place
    named = task.when is not None and other in (task.when.members("tasks") or ())
    return ("when",) if named else ("after",)


def _circle(plan: Iterable[Task]) -> list[str]:
    """Tasks that could never begin."""
    left = {task.id: set(task.after) for task in plan}
    known = set(left)
    while free := [one for one, after in left.items() if not after & left.keys() & known]:
        for one in free:
            del left[one]
    return sorted(left)


class _Reader:
    """Reads expressions, and keeps what is wrong with them."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def tasks(self, data: Iterable[Mapping[str, Any]]) -> tuple[Task, ...]:
        return tuple(self._task(("plan", i), one) for i, one in enumerate(data))

    def _task(self, place: tuple[str | int, ...], data: Mapping[str, Any]) -> Task:
        inputs = self.template((*place, "inputs"), data.get("inputs", {}))
        when = self.condition((*place, "when"), data.get("when"))
        person = self.template((*place, "person"), data["person"]) if "person" in data else None
        shows = self.template((*place, "shows"), data["shows"]) if "shows" in data else None
        texts = [one for one in (inputs, person, shows) if one is not None]
        filled = [used for one in texts for used in one.expressions]
        used = [*filled, *([when] if when else [])]
        seen = set().union(*(one.members("tasks") or () for one in used)) - {data["task"]}
        # Whoever asks whether it stands there does not wait for it.
        plain = [one for one in filled if "has(" not in one.text]
        return Task(
            id=data["task"],
            routine=data.get("routine", ""),
            person=person,
            inputs=inputs,
            after=frozenset(data.get("after", ())) | seen,
            needs=frozenset().union(*(one.members("board") or () for one in plain)),
            when=when,
            writes=data.get("writes", ""),
            risk=data.get("risk", "reading"),
            agent=data.get("agent", ""),
            tries=data.get("tries", 1),
            goes_on=data.get("on_failure") == "continue",
            budget=data.get("budget"),
            asked_for={key: data[key] for key in _ASKED_FOR if key in data},
            shows=shows,
            handed=Handed(**data["handed"]) if "handed" in data else None,
            since=data.get("since", 0),
            asked=data.get("asked", 0),
        )

    def policy(self, data: Mapping[str, Any]) -> Policy:
        given = dict(data)
        for key in ("routines", "approve"):
            if key in given:
                given[key] = frozenset(given[key])
        for key in ("approval", "deadline"):
            if key in given and (seconds := self._seconds(key, given.pop(key))) is not None:
                given[key] = seconds
        return Policy(**given)

    def _seconds(self, key: str, text: str) -> float | None:
        place = ("policy", key)
        try:
            seconds = parse_ago(text)
        except ValueError as error:
            self.mistakes.append(Mistake(place, str(error)))
            return None
        if seconds > LONGEST:
            self.mistakes.append(Mistake(place, f"expected at most {LONGEST // 86_400} days"))
        return seconds

    def call(self, place: tuple[str | int, ...], data: Mapping[str, Any] | None) -> Call | None:
        if data is None:
            return None
        inputs = self.template((*place, "inputs"), data.get("inputs", {}))
        return Call(data["routine"], inputs)

    def condition(self, place: tuple[str | int, ...], text: str | None) -> Expression | None:
        if text is None:
            return None
        try:
            found = Expression(text)
        except ExpressionError as error:
            self.mistakes.append(Mistake(place, error.what))
            return None
        self._known(place, (found,))
        return found

    def template(self, place: tuple[str | int, ...], data: Any) -> Template:
        try:
            found = Template(data)
        except ExpressionError as error:
            self._each(place, data, error)
            return Template(None)
        self._known(place, found.expressions)
        return found

    def _each(self, place: tuple[str | int, ...], data: Any, error: ExpressionError) -> None:
        """Which of its parts cannot be read."""
        if not isinstance(data, Mapping | list):
            self.mistakes.append(Mistake(place, error.what))
            return
        for key, one in data.items() if isinstance(data, Mapping) else enumerate(data):
            self.template((*place, key), one)

    def _known(self, place: tuple[str | int, ...], used: Iterable[Expression]) -> None:
        for name, _ in Counter(name for one in used for name in one.variables).items():
            if name not in SEEN:
                near = did_you_mean(name, sorted(SEEN))
                self.mistakes.append(Mistake(place, f"there is no `{name}` here{near}"))

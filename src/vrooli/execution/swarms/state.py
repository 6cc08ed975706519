"""How a swarm stands: what its tasks came to, its blackboard, what was said to it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vrooli.execution.swarms.model import Policy, Swarm, Task
from vrooli.flow.entries import Failure

PLANNING, CHECKING, APPROVAL, PERSON = "next-plan", "goal-check", "approval", "person"
"""What a swarm has runs do beside its tasks. No task can be called so, or lies at such a path."""

TASK = "task"
"""Kind of the failure of a swarm of which one failed; its reason says so."""

OPEN = ("pending", "running", "waiting", "paused")

UNMADE = "unmade"
"""Name of the document that says of which tasks no run could be made, in which attempt, and why."""


@dataclass(frozen=True, slots=True)
class Try:
    """A run that a swarm started.

    Attributes:
        run: id.
        number: from 1, of those for the same.
        status: of the run.
        inputs: that it was given.
        output: when it completed.
        failure: when it failed.
    """

    run: str
    number: int
    status: str
    inputs: Any = None
    output: Any = None
    failure: Failure | None = None

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.status in OPEN

    @property
    def done(self) -> bool:
        """Whether it came to its end."""
        return self.status == "completed"

    @property
    def why(self) -> str:
        """What went wrong, in words."""
        if self.failure is None:
            return f"its run was {self.status}"
        if self.failure.kind == TASK:
            return self.failure.reason
        return f"{self.failure.kind}: {self.failure.reason}"


@dataclass(frozen=True, slots=True)
class Unmade:
    """A run of a task that could not be made.

    Attributes:
        number: that it would have had.
        why: what was wrong.
    """

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody said to a swarm.

    Attributes:
        text: any JSON value.
        by: who.
        at: unix seconds.
    """

    text: Any
    by: str
    at: float

    def to_json(self) -> dict[str, Any]:
        """As expressions and clients see it."""
        return {"text": self.text, "by": self.by, "at": self.at}


@dataclass(frozen=True, slots=True)
class State:
    """All by which one decides what a swarm does next.

    Attributes:
        swarm: as it is by now, its plan and policy being those of the last change.
        inputs: of the run.
        begun: unix seconds.
        attempt: of its step: what failed has as many tries again for each.
        tries: of its tasks and of what it does beside them, by name, in their order.
        board: the blackboard.
        wrote: runs whose output stands there, or did.
        adopted: runs of the coordinator whose plan was taken.
        refused: those whose plan was not.
        skipped: ids of tasks.
        unmade: the run of a task that could not be made in this attempt, by its id.
        problems: what was wrong with the last plan.
        messages: in their order.
        above: policies of the swarms that it lies in, the nearest first.
        stirs: how many decisions there were in the run when this was read.
    """

    swarm: Swarm
    inputs: Any
    begun: float
    attempt: int = 1
    tries: Mapping[str, tuple[Try, ...]] = field(default_factory=dict)
    board: Mapping[str, Any] = field(default_factory=dict)
    wrote: frozenset[str] = frozenset()
    adopted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    unmade: Mapping[str, Unmade] = field(default_factory=dict)
    problems: str = ""
    messages: tuple[Message, ...] = ()
    above: tuple[Policy, ...] = ()
    stirs: int = 0

    def under_way(self) -> list[Try]:
        """All runs that have not ended."""
        return [one for tries in self.tries.values() for one in tries if one.open]

    def failures(self, name: str) -> int:
        """How many runs for that did not come to their end."""
        return sum(not one.done and not one.open for one in self.tries.get(name, ()))

    def all_of(self, task: Task) -> tuple[Try, ...]:
        """Its runs, those by hand among them, whether they count or not."""
        return (*self.tries.get(task.id, ()), *self.tries.get(by_hand(task.id), ()))

    def best(self, task: Task) -> Try | None:
        """Of its runs the one that counts: what was done first, wherever, stays done."""
        return _best(self.counting(task))

    def counting(self, task: Task) -> list[Try]:
        """Of its runs those that count: as it is done now, or done first as it was before."""
        if done := [one for one in self.all_of(task) if one.done]:
            return done
        found = self.tries.get(does(task), ())
        return [one for one in found if one.number >= first_of(task)]

    def unmade_of(self, task: Task) -> Unmade | None:
        """Its run that could not be made, where that counts."""
        found = self.unmade.get(task.id)
        return found if found and not task.handed and found.number >= first_of(task) else None

    def had_turn(self, task: Task) -> bool:
        """Whether its turn has come before; whoever was handed it decides by doing it."""
        return bool(self.all_of(task) if task.handed else self.counting(task))

    def questions(self, task: Task) -> tuple[Try, ...]:
        """Runs that asked about the task as it is written now, in their order. One that was
        cancelled says nothing: the plan or the policy had no place for it then.
        """
        asked = [one for one in self.tries.get(gate(task.id), ()) if one.number > task.asked]
        counting = [one for one in asked if one.status != "cancelled"]
        return tuple(one for one in counting if one.inputs.get("of") == task.asked_for)

    def question(self, task: Task) -> Try | None:
        """Of these the one that counts."""
        return _best(self.questions(task))

    def last(self, name: str) -> Try | None:
        """The last run for that."""
        found = self.tries.get(name, ())
        return found[-1] if found else None


def _best(tries: Sequence[Try]) -> Try | None:
    """The last that is done, else that is under way, else the last: somebody may have retried an
    earlier one.
    """
    for good in ([one for one in tries if one.done], [one for one in tries if one.open]):
        if good:
            return good[-1]
    return tries[-1] if tries else None


class Stands(StrEnum):
    """Where a task is."""

    WAITING = "waiting"
    ASKED = "asked"
    """Somebody is asked whether it may be done."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def ended(self) -> bool:
        """Whether those that come after it may begin."""
        return self in (Stands.DONE, Stands.FAILED, Stands.SKIPPED)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one task stands.

    Attributes:
        status: where it is.
        last: its last run; of one that is asked about, the run that asks.
        why: what went wrong.
    """

    status: Stands
    last: Try | None = None
    why: str = ""


def gate(task: str) -> str:
    """Name of what asks whether a task may be done."""
    return f"{task}/{APPROVAL}"


def by_hand(task: str) -> str:
    """Name of what waits for the person who was handed a task."""
    return f"{task}/{PERSON}"


def does(task: Task) -> str:
    """Name of its runs as they are made now."""
    return by_hand(task.id) if task.handed else task.id


def first_of(task: Task) -> int:
    """Number of the first of them that counts."""
    return task.handed.number if task.handed else task.since + 1


def ended(stands: Mapping[str, Standing]) -> frozenset[str]:
    """Ids of the tasks that have."""
    return frozenset(name for name, one in stands.items() if one.status.ended)


def standing(state: State, task: Task, policy: Policy) -> Standing:
    """How it stands."""
    last = state.best(task)
    if last is not None and last.done:
        return Standing(Stands.DONE, last)
    if task.id in state.skipped:
        return Standing(Stands.SKIPPED)
    unmade = state.unmade_of(task)
    if unmade and not (last and last.open):
        return Standing(Stands.FAILED, last, unmade.why)
    if last is not None and last.open:
        return Standing(Stands.RUNNING, last)
    if last is not None and last.number - first_of(task) + 1 >= task.tries * state.attempt:
        return Standing(Stands.FAILED, last, last.why)
    asked = state.question(task)
    if not asks(task, policy) or asked is None or asked.done:
        return Standing(Stands.WAITING, last)
    if asked.open:
        return Standing(Stands.ASKED, asked)
    # Each attempt of the swarm asks once: one that was cut in an earlier one does not count.
    if asked.inputs.get("attempt", 1) >= state.attempt:
        return Standing(Stands.FAILED, asked, asked.why)
    return Standing(Stands.WAITING, last)


def asks(task: Task, policy: Policy) -> bool:
    """Whether somebody is asked before. Who was handed a task decides by doing it."""
    return task.risk in policy.approve and task.handed is None


def scope(state: State, stands: Mapping[str, Standing]) -> dict[str, Any]:
    """What expressions of the swarm see."""
    return {
        "goal": state.swarm.goal,
        "inputs": state.inputs,
        "board": dict(state.board),
        "messages": [one.to_json() for one in state.messages],
        "tasks": {name: _seen(one) for name, one in stands.items()},
    }


def _seen(one: Standing) -> dict[str, Any]:
    done = one.status is Stands.DONE and one.last is not None
    output = one.last.output if done and one.last else None
    return {"status": str(one.status), "output": output, "why": one.why}

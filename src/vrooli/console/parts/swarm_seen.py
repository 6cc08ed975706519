"""A swarm as pages show it: its tasks as a graph and as a list, and how far it is. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.client.swarm_texts import STANDS
from vrooli.console.parts.run_seen import text_of
from vrooli.console.parts.stack_map import Node, Shape, shape
from vrooli.console.run_feed import RunSeen

_TONES = {
    "done": "ok",
    "failed": "critical",
    "skipped": "off",
    "cancelled": "off",
    "asked": "warning",
    "by-hand": "warning",
    "running": "busy",
    "waiting": "unknown",
}
_SAID = (*STANDS, "task", "handed")
"""What of a task is told beside what was written."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the plan.

    Attributes:
        id: of it.
        status: `waiting`, `asked`, `running`, `by-hand` (a person is to do it now), `done`,
            `failed`, `skipped` or `cancelled`.
        who: who does it, in words.
        routine: name; empty where a person does it.
        handed: whether a person was handed what the routine would do.
        run: its last one; empty before.
        tries: how many.
        after: tasks that end before.
        needs: what has to stand on the blackboard before.
        writes: where on it its output goes; empty for nowhere.
        asks: what a person is to decide or to do.
        why: why it failed.
        output: what it came to, as text.
        written: the rest of what was written, as text.
    """

    id: str
    status: str
    who: str
    routine: str
    handed: bool
    run: str
    tries: int
    after: tuple[str, ...]
    needs: tuple[str, ...]
    writes: str
    asks: str
    why: str
    output: str
    written: str

    @property
    def by_hand(self) -> bool:
        """Whether a person is to do it now."""
        return self.status == "by-hand"

    @property
    def moves(self) -> str:
        """What may be done with it while its swarm works: `hand`, `take-back` or nothing."""
        if not self.routine or self.status in ("done", "skipped"):
            return ""
        return "take-back" if self.handed else "hand"

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        words = {"by-hand": "a person is to do it", "asked": "asks whether it may"}
        said = words.get(self.status, self.status)
        return f"{said}, try {self.tries}" if self.tries > 1 else said


def is_swarm(seen: RunSeen) -> bool:
    """Whether a run is one, as its journal says."""
    return any(step.type == "swarm" for step in seen.steps.shown)


def tasks_of(seen: RunSeen) -> list[Task]:
    """In the order in which they were written; none before it has begun."""
    return [_task(one) for one in seen.swarm["plan"]["tasks"]] if seen.swarm else []


def shape_of(tasks: list[Task]) -> Shape:
    """Where the nodes of the graph stand. Whoever needs what another writes stands after it."""
    return shape([{"name": one.id, "needs": needs} for one, needs in _linked(tasks)])


def nodes_of(tasks: list[Task]) -> dict[str, Node]:
    """The nodes, by task."""
    return {one.id: _node(one, needs) for one, needs in _linked(tasks)}


def progress(tasks: list[Task]) -> str:
    """How far it is, in a sentence; empty without tasks."""
    if not tasks:
        return ""
    count = Counter(one.status for one in tasks)
    rest = {
        "running": "under way",
        "by-hand": "for a person to do",
        "asked": "to be approved",
        "failed": "failed",
        "skipped": "skipped",
        "cancelled": "cancelled",
    }
    told = [f"{count[status]} {words}" for status, words in rest.items() if count[status]]
    done = f"{count['done']} of {len(tasks)} tasks done"
    return f"{', '.join([done, *told])}."


def _task(one: Mapping[str, Any]) -> Task:
    routine, agent = str(one.get("routine") or ""), str(one.get("agent") or "")
    handed = bool(one.get("handed"))
    person = handed or not routine
    by_hand = person and one["status"] == "running"
    does = "a person" if person else f"routine {routine}"
    written = {key: value for key, value in one.items() if key not in _SAID}
    return Task(
        id=str(one["task"]),
        status="by-hand" if by_hand else str(one["status"]),
        who=f"{agent}, {does}" if agent else does,
        routine=routine,
        handed=handed,
        run=str(one["run"] or ""),
        tries=int(one["tries"]),
        after=tuple(one["after"]),
        needs=tuple(one["needs"]),
        writes=str(one.get("writes") or ""),
        asks=str(one["asks"] or (one.get("handed") or {}).get("what") or ""),
        why=str(one["why"]),
        output=text_of(one["output"]),
        written=text_of(written),
    )


def _linked(tasks: list[Task]) -> list[tuple[Task, tuple[str, ...]]]:
    """Each with the tasks that come before it: those that it names, and those that write what it
    needs.
    """
    found = []
    for one in tasks:
        writers = (other.id for other in tasks if other is not one and other.writes in one.needs)
        found.append((one, tuple(dict.fromkeys((*one.after, *writers)))))
    return found


def _node(task: Task, needs: tuple[str, ...]) -> Node:
    note = task.why or task.asks or task.who
    return Node(task.id, _TONES[task.status], task.state, note, needs)

"""What is written on simulated swarms, and the runs below them. See `swarms.store.SwarmStore`."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.execution.spending import Amount
from vrooli.execution.swarms.simulating.purse import Purse
from vrooli.execution.swarms.state import OPEN, Message, Try
from vrooli.execution.swarms.store import POLICY, Document, Facts, Put, Written
from vrooli.flow.entries import Failure


@dataclass
class Kept:
    """Of one swarm.

    Attributes:
        goal: in words.
        documents: all versions, by name.
        messages: in their order.
        stirs: how often something was decided.
    """

    goal: str
    documents: dict[str, list[Document]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    stirs: int = 0

    def newest(self, name: str) -> Any:
        """What is written there now; None when nothing is."""
        ones = self.documents.get(name)
        return ones[-1].value if ones else None


@dataclass
class SimulatedRun:
    """A run.

    Attributes:
        id: unique.
        parent: that started it; None of the first.
        name: what for: a task, or what is done beside tasks; of a step of a routine its path.
        number: of those for the same.
        place: names of all above and its own, as scripts say them.
        task: whether a swarm started it.
        routine: which.
        inputs: for it.
        purse: what it may spend.
        made: unix seconds.
        status: as that of runs.
        output, failure, ended: when it has ended.
        held: set aside for what it does.
        below: runs that it started, in their order.
        kept: of a swarm.
        attempt: how often it was tried.
        resting: whether somebody paused it.
        idle: seconds between its ends and its retries, which are none of its budget.
    """

    id: str
    parent: "SimulatedRun | None"
    name: str
    number: int
    place: tuple[str, ...]
    task: bool
    routine: str
    inputs: Any
    purse: Purse
    made: float
    status: str = "running"
    output: Any = None
    failure: Failure | None = None
    ended: float | None = None
    held: Amount = field(default_factory=Amount)
    below: list["SimulatedRun"] = field(default_factory=list)
    kept: Kept | None = None
    attempt: int = 1
    resting: bool = False
    idle: float = 0.0

    @property
    def due(self) -> float | None:
        """Unix seconds at which its time is over."""
        seconds = self.purse.limits.seconds
        return None if seconds is None else self.made + self.idle + seconds

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.status in OPEN

    @property
    def path(self) -> str:
        """For people, like `inner/count[2]`."""
        path = "/".join(self.place)
        return path if self.number == 1 else f"{path}[{self.number}]"

    def all(self) -> Iterator["SimulatedRun"]:
        """It, and all below it."""
        yield self
        for one in self.below:
            yield from one.all()

    def above(self) -> Iterator["SimulatedRun"]:
        """Those that it lies in, the nearest first."""
        if self.parent is not None:
            yield self.parent
            yield from self.parent.above()


Heard = Callable[[SimulatedRun, Put], None]


class KeptSwarms:
    """Keeps them in memory.

    Args:
        runs: by id.
        written: hears what was written, and on which swarm.
    """

    def __init__(self, runs: Mapping[str, SimulatedRun], written: Heard) -> None:
        self._runs, self._written = runs, written

    async def open(self, run: str, path: str, goal: str, documents: Mapping[str, Any]) -> None:
        """See the port."""
        del path  # a run has one swarm
        one = self._runs[run]
        if one.kept is None:
            first = {name: [Document(1, value, "swarm")] for name, value in documents.items()}
            one.kept = Kept(goal, first)

    async def heard(self, run: str, path: str) -> Facts:
        """See the port."""
        del path
        return self.facts(self._runs[run])

    def facts(self, one: SimulatedRun) -> Facts:
        """How this swarm stands."""
        kept = _kept(one)
        tries = defaultdict[str, list[Try]](list)
        for below in one.below:
            if below.task:
                told = (below.inputs, below.output, below.failure)
                tries[below.name].append(Try(below.id, below.number, below.status, *told))
        above = [up.kept.newest(POLICY) for up in one.above() if up.kept is not None]
        return Facts(
            stirs=kept.stirs,
            goal=kept.goal,
            tries={name: tuple(ones) for name, ones in tries.items()},
            documents={name: ones[-1] for name, ones in kept.documents.items()},
            writers={
                name: frozenset(each.by for each in ones) for name, ones in kept.documents.items()
            },
            messages=tuple(kept.messages),
            above=tuple(above),
        )

    async def put(self, run: str, new: Put) -> Written | None:
        """See the port."""
        one = self._runs[run]
        return self.write(one, new) if one.open else None

    def write(self, one: SimulatedRun, new: Put) -> Written:
        """Write it on this swarm."""
        kept = _kept(one)
        ones = kept.documents.setdefault(new.name, [])
        last = ones[-1].version if ones else 0
        before = new.once and any(each.by == new.by for each in ones)
        if before or new.seen not in (None, last):
            return Written(None, last)
        ones.append(Document(last + 1, new.value, new.by))
        kept.stirs += 1
        self._written(one, new)
        return Written(last + 1, last)


def _kept(one: SimulatedRun) -> Kept:
    if one.kept is None:
        raise KeyError(one.id)
    return one.kept

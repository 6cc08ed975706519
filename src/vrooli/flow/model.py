"""A routine: a graph of steps as data. Blocks hold blocks; only steps do anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.expression import Expression
from vrooli.flow.budget import Limits
from vrooli.flow.template import Template


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a step that failed is tried again, and when.

    Attributes:
        most: attempts in all.
        first: seconds before the second attempt; each further pause is `factor` times as long.
        factor: see `first`.
        longest: seconds of a pause.
    """

    most: int = 1
    first: float = 1.0
    factor: float = 2.0
    longest: float = 60.0

    def pause(self, attempt: int) -> float:
        """Seconds between `attempt` (from 1) and the next one."""
        # min() first: a float to a large power overflows
        grown = self.factor ** min(attempt - 1, 64)
        return min(self.longest, self.first * grown)


@dataclass(frozen=True, slots=True)
class StepNode:
    """One step.

    Attributes:
        id: unique within its frame (the routine, or one turn of a map or loop).
        type: what does it, like `http`.
        arguments: for that, with expressions.
        retry: what follows a failure.
        timeout: seconds for one attempt.
    """

    id: str
    type: str
    arguments: Template
    retry: Retry = field(default_factory=Retry)
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """One after the other. Its value is that of the last."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class ParallelNode:
    """All at once. Its value is the list of theirs. When one fails, no more is begun in the others,
    what runs ends, and the whole fails.
    """

    branches: tuple[SequenceNode, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """The same for each item of a list, at most so many at a time; else as `ParallelNode`."""

    id: str
    over: Template
    variable: str
    body: SequenceNode
    at_most: int


@dataclass(frozen=True, slots=True)
class BranchNode:
    """One way or the other."""

    condition: Expression
    then: SequenceNode
    otherwise: SequenceNode


@dataclass(frozen=True, slots=True)
class LoopNode:
    """Again while the condition holds; failing when it still does after `limit` turns. Its value is
    that of the last turn.
    """

    id: str
    condition: Expression
    body: SequenceNode
    limit: int


@dataclass(frozen=True, slots=True)
class AttemptNode:
    """When the body fails, the rescue follows, with `error` in its scope, and its value counts."""

    body: SequenceNode
    rescue: SequenceNode


Node = StepNode | SequenceNode | ParallelNode | MapNode | BranchNode | LoopNode | AttemptNode


@dataclass(frozen=True, slots=True)
class Routine:
    """A definition of a run.

    Attributes:
        name: of the routine.
        description: for people.
        inputs: JSON Schema of what a run is given.
        body: what it does.
        output: what it comes to; the value of the body where that is not said.
        budget: what a run may spend where nothing else is said.
        queue: only processes that serve it work on its runs.
    """

    name: str
    description: str
    inputs: Mapping[str, Any]
    body: SequenceNode
    output: Template | None = None
    budget: Limits = field(default_factory=Limits)
    queue: str = "default"

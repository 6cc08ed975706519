"""What stands where in a routine, whatever its runs do. Pure."""

from collections.abc import Iterator

from vrooli.core.expression import Expression
from vrooli.flow.model import (
    AttemptNode,
    BranchNode,
    LoopNode,
    MapNode,
    Node,
    ParallelNode,
    Routine,
    SequenceNode,
    StepNode,
)


def places(routine: Routine) -> Iterator[tuple[str, Node]]:
    """All blocks, each after those around it, with the path of the step, map or loop that it is or
    stands in, without the numbers of turns, like `each.fetch`.
    """
    yield from _within(routine.body, "")


def steps(routine: Routine) -> Iterator[tuple[str, StepNode]]:
    """Those of the blocks that are steps."""
    for path, node in places(routine):
        if isinstance(node, StepNode):
            yield path, node


def expressions(routine: Routine) -> Iterator[Expression]:
    """All in it."""
    for _, node in places(routine):
        match node:
            case StepNode():
                yield from node.arguments.expressions
            case MapNode():
                yield from node.over.expressions
            case BranchNode() | LoopNode():
                yield node.condition
    if routine.output is not None:
        yield from routine.output.expressions


def _within(node: Node, above: str) -> Iterator[tuple[str, Node]]:
    named = node.id if isinstance(node, StepNode | MapNode | LoopNode) else ""
    path = f"{above}.{named}".strip(".")
    yield path, node
    for part in _parts(node):
        yield from _within(part, path)


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case SequenceNode():
            return node.nodes
        case ParallelNode():
            return node.branches
        case MapNode() | LoopNode():
            return (node.body,)
        case BranchNode():
            return node.then, node.otherwise
        case AttemptNode():
            return node.body, node.rescue
        case StepNode():
            return ()

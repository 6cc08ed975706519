"""Reads a routine from data (what YAML or JSON gave). All mistakes at once, each by its place."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.core.expression import LITERALS, RESERVED, Expression, ExpressionError
from vrooli.core.nearest import did_you_mean
from vrooli.core.nesting import TOO_DEEP, too_deep
from vrooli.flow.budget import Limits, limits, mistakes
from vrooli.flow.model import (
    AttemptNode,
    BranchNode,
    LoopNode,
    MapNode,
    Node,
    ParallelNode,
    Retry,
    Routine,
    SequenceNode,
    StepNode,
)
from vrooli.flow.template import Template

NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
"""Of a routine, and of a queue."""

ID = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""Of a step, map or loop, so that `steps.ID` is an expression."""

MOST_NODES = 1000
DEEPEST = 20
MOST_TURNS = 10_000

_GIVEN = RESERVED | {"inputs", "steps", "index", "turn", "error"}
"""Names that have a meaning of their own, so that no map gives them to its items."""

_STEP_KEYS = ("step", "retry", "timeout")
_ROUTINE_KEYS = ("name", "description", "queue", "inputs", "budget", "do", "output")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at one place.

    Attributes:
        place: keys and positions on the way to it, like `("do", 2, "http")`.
        reason: one sentence.
    """

    place: tuple[str | int, ...]
    reason: str

    @property
    def where(self) -> str:
        """The place as people write it: `do[2].http`."""
        text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in self.place)
        return text.removeprefix(".") or "the routine"

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class RoutineError(UsageError):
    """A routine that cannot be."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(map(str, mistakes)), next_step="correct the routine")
        self.mistakes = mistakes


CheckArguments = Callable[[str, Mapping[str, Any]], list[tuple[tuple[str | int, ...], str]]]
"""Says what is wrong with the arguments of a step of a type, before expressions are filled in."""


def read(data: Any, types: Iterable[str], check: CheckArguments) -> Routine:
    """The routine.

    Args:
        data: as parsed.
        types: what a step may be.
        check: what is wrong with its arguments.

    Raises:
        RoutineError: with every mistake in it.
    """
    reader = _Reader(frozenset(types), check)
    routine = reader.routine(data)
    if reader.mistakes or routine is None:
        raise RoutineError(reader.mistakes)
    return routine


@dataclass(frozen=True, slots=True)
class _Sight:
    """What expressions at one place may use.

    Attributes:
        names: variables.
        steps: ids before it.
        frame: ids that are taken in its frame; shared by all places in it.
    """

    names: frozenset[str]
    steps: frozenset[str]
    frame: set[str]

    def seeing(self, *steps: str) -> "_Sight":
        return _Sight(self.names, self.steps | set(steps), self.frame)

    def inside(self, *names: str) -> "_Sight":
        """Of a frame within."""
        return _Sight(self.names | set(names), self.steps, set())


@dataclass
class _Reader:
    types: frozenset[str]
    check: CheckArguments
    mistakes: list[Mistake] = field(default_factory=list)
    nodes: int = 0

    def routine(self, data: Any) -> Routine | None:
        if not isinstance(data, dict):
            self._wrong((), "expected keys and values: `name`, `do`, ...")
            return None
        if too_deep(data):
            self._wrong((), TOO_DEEP)
            return None
        self._unknown((), data, _ROUTINE_KEYS)
        name = data.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            self._wrong(("name",), "expected lower-case letters, digits and `-`, a letter first")
        description = data.get("description", "")
        if not isinstance(description, str):
            self._wrong(("description",), "expected text")
        inputs = data.get("inputs", {})
        if not isinstance(inputs, dict):
            self._wrong(("inputs",), "expected a JSON Schema")
        queue = data.get("queue", "default")
        if not isinstance(queue, str) or not NAME.fullmatch(queue):
            self._wrong(("queue",), "expected lower-case letters, digits and `-`, a letter first")
        sight = _Sight(frozenset({"inputs"}), frozenset(), set())
        body, after = self._block(("do",), data.get("do"), sight, 0)
        output = self._template(("output",), data["output"], after) if "output" in data else None
        budget = self._budget(data.get("budget"))
        return Routine(str(name), str(description), inputs, body, output, budget, str(queue))

    def _budget(self, data: Any) -> Limits:
        wrong = [] if data is None else mistakes(data)
        for key, reason in wrong:
            self._wrong(("budget", key) if key else ("budget",), reason)
        return Limits() if wrong else limits(data)

    def _block(
        self, place: tuple[str | int, ...], data: Any, sight: _Sight, depth: int
    ) -> tuple[SequenceNode, _Sight]:
        """A list of nodes, and what is seen after it."""
        if not isinstance(data, list) or not data:
            self._wrong(place, "expected a list of steps, with at least one")
            return SequenceNode(()), sight
        if depth > DEEPEST:
            self._wrong(place, f"blocks lie more than {DEEPEST} deep in each other")
            return SequenceNode(()), sight
        nodes = []
        for index, one in enumerate(data):
            node, sight = self._node((*place, index), one, sight, depth + 1)
            nodes += [node] if node is not None else []
        return SequenceNode(tuple(nodes)), sight

    def _node(
        self, place: tuple[str | int, ...], data: Any, sight: _Sight, depth: int
    ) -> tuple[Node | None, _Sight]:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            if self.nodes == MOST_NODES + 1:
                self._wrong(place, f"the routine has more than {MOST_NODES} steps and blocks")
            return None, sight
        if not isinstance(data, dict):
            self._wrong(place, f"expected one of {', '.join(_KINDS)} as a key")
            return None, sight
        kinds = [kind for kind in _KINDS if kind in data]
        if len(kinds) != 1:
            found = f"found {' and '.join(kinds)}" if kinds else "found none"
            self._wrong(place, f"expected exactly one of {', '.join(_KINDS)}; {found}")
            return None, sight
        return _KINDS[kinds[0]](self, place, data, sight, depth)

    def step(
        self, place: tuple[str | int, ...], data: dict[str, Any], sight: _Sight, depth: int
    ) -> tuple[Node | None, _Sight]:
        name = self._id((*place, "step"), data["step"], sight)
        kinds = [key for key in data if key not in _STEP_KEYS]
        known = [key for key in kinds if key in self.types]
        for key in kinds:
            if key not in self.types:
                self._wrong((*place, key), self._no_type(key))
        if len(known) != 1:
            if not kinds or known:
                self._wrong(place, f"expected exactly one type of step of {self._types()}")
            return None, sight.seeing(name)
        arguments = data[known[0]]
        if not isinstance(arguments, dict):
            self._wrong((*place, known[0]), "expected arguments as keys and values")
            return None, sight.seeing(name)
        for inner, reason in self.check(known[0], arguments):
            self._wrong((*place, known[0], *inner), reason)
        template = self._template((*place, known[0]), arguments, sight)
        retry = self._retry((*place, "retry"), data.get("retry"))
        timeout = self._number((*place, "timeout"), data.get("timeout", 300.0), 0.001, 86_400)
        node = StepNode(name, known[0], template or Template({}), retry, timeout)
        return node, sight.seeing(name)

    def parallel(
        self, place: tuple[str | int, ...], data: dict[str, Any], sight: _Sight, depth: int
    ) -> tuple[Node | None, _Sight]:
        self._unknown(place, data, ("parallel",))
        lists = data["parallel"]
        if not isinstance(lists, list) or not lists:
            self._wrong((*place, "parallel"), "expected a list of lists of steps")
            return None, sight
        branches, after = [], sight
        for index, one in enumerate(lists):
            body, seen = self._block((*place, "parallel", index), one, sight, depth)
            branches.append(body)
            after = after.seeing(*seen.steps)
        return ParallelNode(tuple(branches)), after

    def map(
        self, place: tuple[str | int, ...], data: dict[str, Any], sight: _Sight, depth: int
    ) -> tuple[Node | None, _Sight]:
        self._unknown(place, data, ("map", "over", "as", "at_most", "do"))
        name = self._id((*place, "map"), data["map"], sight)
        variable = data.get("as", "item")
        named = isinstance(variable, str) and ID.fullmatch(variable)
        if not named or variable in sight.names | _GIVEN:
            self._wrong((*place, "as"), "expected a name that is not used around it")
            variable = "item"
        over = self._over((*place, "over"), data.get("over"), sight)
        at_most = self._whole((*place, "at_most"), data.get("at_most", 10), 1, 1000)
        inside = sight.inside(variable, "index")
        body, _ = self._block((*place, "do"), data.get("do"), inside, depth)
        return MapNode(name, over, variable, body, at_most), sight.seeing(name)

    def _over(self, place: tuple[str | int, ...], value: Any, sight: _Sight) -> Template:
        if not isinstance(value, list) and not (isinstance(value, str) and "${" in value):
            self._wrong(place, "expected a list, or an expression for one")
            return Template([])
        return self._template(place, value, sight) or Template([])

    def branch(
        self, place: tuple[str | int, ...], data: dict[str, Any], sight: _Sight, depth: int
    ) -> tuple[Node | None, _Sight]:
        self._unknown(place, data, ("if", "then", "else"))
        condition = self._condition((*place, "if"), data["if"], sight)
        then, after = self._block((*place, "then"), data.get("then"), sight, depth)
        otherwise, seen = SequenceNode(()), sight
        if "else" in data:
            otherwise, seen = self._block((*place, "else"), data["else"], sight, depth)
        return BranchNode(condition, then, otherwise), after.seeing(*seen.steps)

    def loop(
        self, place: tuple[str | int, ...], data: dict[str, Any], sight: _Sight, depth: int
    ) -> tuple[Node | None, _Sight]:
        self._unknown(place, data, ("loop", "while", "limit", "do"))
        name = self._id((*place, "loop"), data["loop"], sight)
        inside = sight.inside("turn").seeing(*_ids(data.get("do")))  # those of the turn before
        body, _ = self._block((*place, "do"), data.get("do"), inside, depth)
        condition = self._condition((*place, "while"), data.get("while"), inside)
        limit = self._whole((*place, "limit"), data.get("limit"), 1, MOST_TURNS)
        return LoopNode(name, condition, body, limit), sight.seeing(name)

    def attempt(
        self, place: tuple[str | int, ...], data: dict[str, Any], sight: _Sight, depth: int
    ) -> tuple[Node | None, _Sight]:
        self._unknown(place, data, ("try", "rescue"))
        body, after = self._block((*place, "try"), data["try"], sight, depth)
        after = _Sight(after.names | {"error"}, after.steps, after.frame)
        rescue, last = self._block((*place, "rescue"), data.get("rescue"), after, depth)
        return AttemptNode(body, rescue), _Sight(sight.names, last.steps, sight.frame)

    def _retry(self, place: tuple[str | int, ...], data: Any) -> Retry:
        if data is None:
            return Retry()
        if not isinstance(data, dict):
            self._wrong(place, "expected `most`, `first`, `factor`, `longest`")
            return Retry()
        self._unknown(place, data, ("most", "first", "factor", "longest"))
        return Retry(
            most=self._whole((*place, "most"), data.get("most", 3), 1, 100),
            first=self._number((*place, "first"), data.get("first", 1.0), 0, 86_400),
            factor=self._number((*place, "factor"), data.get("factor", 2.0), 1, 100),
            longest=self._number((*place, "longest"), data.get("longest", 60.0), 0, 86_400),
        )

    def _id(self, place: tuple[str | int, ...], value: Any, sight: _Sight) -> str:
        if not isinstance(value, str) or not ID.fullmatch(value):
            self._wrong(place, "expected lower-case letters, digits and `_`, a letter first")
            return ""
        if value in sight.frame:
            self._wrong(place, f"`{value}` is taken already")
        if value in LITERALS:
            self._wrong(place, f"`{value}` is a word of expressions")
        sight.frame.add(value)
        return value

    def _number(self, place: tuple[str | int, ...], value: Any, least: float, most: float) -> float:
        if not _within(value, least, most):
            self._wrong(place, f"expected a number from {least:g} to {most:g}")
            return least
        return float(value)

    def _whole(self, place: tuple[str | int, ...], value: Any, least: int, most: int) -> int:
        if not _within(value, least, most) or value != int(value):
            self._wrong(place, f"expected a whole number from {least} to {most}")
            return least
        return int(value)

    def _template(self, place: tuple[str | int, ...], value: Any, sight: _Sight) -> Template | None:
        try:
            template = Template(value)
        except ExpressionError as error:
            self._wrong(place, f"{error.what}: {error.where}" if error.where else error.what)
            return None
        for expression in template.expressions:
            self._sees(place, expression, sight)
        return template

    def _condition(self, place: tuple[str | int, ...], value: Any, sight: _Sight) -> Expression:
        text = value.strip() if isinstance(value, str) else ""
        if text.startswith("${") and text.endswith("}"):
            text = text[2:-1].strip()
        if not text:
            self._wrong(place, "expected an expression that is true or false")
            return Expression("false")
        try:
            expression = Expression(text)
        except ExpressionError as error:
            self._wrong(place, f"{error.what}: {text}")
            return Expression("false")
        self._sees(place, expression, sight)
        return expression

    def _sees(self, place: tuple[str | int, ...], expression: Expression, sight: _Sight) -> None:
        for name in sorted(expression.variables - sight.names - {"steps"}):
            known = ", ".join(sorted(sight.names | {"steps"}))
            self._wrong(place, f"`{expression.text}`: there is no `{name}` here, only {known}")
        used = expression.members("steps")
        if used is None:
            self._wrong(place, f"`{expression.text}`: name the step that is meant: steps.NAME")
        for name in sorted((used or frozenset()) - sight.steps):
            reason = f"no step `{name}` comes before this place"
            self._wrong(place, f"`{expression.text}`: {reason}")

    def _no_type(self, key: str) -> str:
        near = did_you_mean(key, (*self.types, *_STEP_KEYS))
        return f"no such type of step; there are {self._types()}, beside `retry`, `timeout`{near}"

    def _types(self) -> str:
        return ", ".join(sorted(self.types))

    def _unknown(
        self, place: tuple[str | int, ...], data: dict[str, Any], known: tuple[str, ...]
    ) -> None:
        for key in data:
            if key not in known:
                near = did_you_mean(str(key), known)
                self._wrong((*place, str(key)), f"no such key; there are {', '.join(known)}{near}")

    def _wrong(self, place: tuple[str | int, ...], reason: str) -> None:
        self.mistakes.append(Mistake(place, reason))


_KINDS: dict[str, Callable[..., tuple[Node | None, _Sight]]] = {
    "step": _Reader.step,
    "parallel": _Reader.parallel,
    "map": _Reader.map,
    "if": _Reader.branch,
    "loop": _Reader.loop,
    "try": _Reader.attempt,
}


def _within(value: Any, least: float, most: float) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and least <= value <= most


def _ids(data: Any) -> list[str]:
    """All ids of a block's own frame, as far as it can be read."""
    found: list[str] = []
    for one in data if isinstance(data, list) else ():
        if isinstance(one, list):
            found += _ids(one)
        elif isinstance(one, dict):
            found += [one[key] for key in ("step", "map", "loop") if isinstance(one.get(key), str)]
            for key in ("parallel", "then", "else", "try", "rescue"):
                found += _ids(one.get(key))
    return found

"""Random routines whose steps look at all that they may see, and say what they saw: a difference
anywhere becomes one of the end.
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.flow import TYPES, ended
from vrooli.flow.entries import Failure, Finished
from vrooli.flow.interpreter import Broken, Call, Done, Interpreter
from vrooli.flow.model import Routine
from vrooli.flow.reading import read

ALL_TYPES = (*TYPES, "nap", "talk", "sub")
"""With those that a simulated store knows."""

DEEPEST = 3
MOST = 300
"""Steps of one example: a few routines nest maps and loops so that they have thousands."""

KINDS = ["step"] * 6 + ["parallel", "parallel", "map", "map", "if", "loop", "try"]


@dataclass
class Structure:
    """Makes one.

    Attributes:
        random: decides.
        types: of steps.
        count: of names given.
        forks: whether something in it happens at once.
    """

    random: Random
    types: tuple[str, ...]
    count: int = 0
    forks: bool = False

    def routine(self) -> Routine:
        """All of it, read as routines are."""
        return read(self.data(), ALL_TYPES, lambda name, arguments: [])

    def data(self) -> dict[str, Any]:
        """The same, as somebody wrote it."""
        body = self.block(0)
        seen = look(body, [], ["inputs"], self.random)
        return {"name": "any", "do": body, "output": {"all": glance(seen, []), "n": "${inputs}"}}

    def name(self) -> str:
        self.count += 1
        return f"s{self.count}"

    def block(self, depth: int) -> list[dict[str, Any]]:
        return [self.node(depth + 1) for _ in range(self.random.choice([1, 1, 2, 2, 3]))]

    def node(self, depth: int) -> dict[str, Any]:
        kind = self.random.choice(KINDS) if depth <= DEEPEST else "step"
        made: dict[str, Any] = getattr(self, kind if kind not in ("if", "try") else f"{kind}_")(
            depth
        )
        return made

    def step(self, depth: int) -> dict[str, Any]:
        retry = {"most": self.random.randint(1, 3), "first": self.random.choice([0, 1])}
        return {"step": self.name(), self.random.choice(self.types): {}, "retry": retry}

    def parallel(self, depth: int) -> dict[str, Any]:
        self.forks = True
        return {"parallel": [self.block(depth) for _ in range(self.random.randint(1, 3))]}

    def map(self, depth: int) -> dict[str, Any]:
        self.forks = True
        over = list(range(self.random.randint(0, 3)))
        many = {"as": f"item{depth}", "at_most": self.random.randint(1, 3)}
        return {"map": self.name(), "over": over, **many, "do": self.block(depth)}

    def if_(self, depth: int) -> dict[str, Any]:
        otherwise = {"else": self.block(depth)} if self.random.random() < 0.5 else {}
        return {"if": "", "then": self.block(depth), **otherwise}

    def loop(self, depth: int) -> dict[str, Any]:
        turns, limit = self.random.randint(0, 2), self.random.choice([1, 3, 3])
        body = self.block(depth)
        return {"loop": self.name(), "while": f"turn < {turns}", "limit": limit, "do": body}

    def try_(self, depth: int) -> dict[str, Any]:
        return {"try": self.block(depth), "rescue": self.block(depth)}


def glance(seen: list[str], names: list[str]) -> list[str]:
    """Expressions that look at these steps and variables."""
    steps = [f"${{has(steps.{one}) ? steps.{one} : 'none'}}" for one in seen[-6:]]
    return [*steps, *(f"${{{name}}}" for name in names)]


def look(
    block: list[dict[str, Any]], seen: list[str], names: list[str], random: Random
) -> list[str]:
    """Have all in a block look at what they see; what is seen after it."""
    for node in block:
        seen = _look(node, seen, names, random)
    return seen


def _look(node: dict[str, Any], seen: list[str], names: list[str], random: Random) -> list[str]:
    if "step" in node:
        arguments = next(node[name] for name in ALL_TYPES if name in node)
        arguments["sees"] = glance(seen, names)
        return [*seen, node["step"]]
    if "parallel" in node:
        ends = [look(branch, seen, names, random) for branch in node["parallel"]]
        return seen + [one for end in ends for one in end[len(seen) :]]
    if "map" in node:
        look(node["do"], seen, [*names, node["as"], "index"], random)
        return [*seen, node["map"]]
    if "loop" in node:
        inside = [*seen, *_own(node["do"])]
        look(node["do"], inside, [*names, "turn"], random)
        return [*seen, node["loop"]]
    if "try" in node:
        after = look(node["try"], seen, names, random)
        return look(node["rescue"], after, names, random)
    some = random.choice(seen) if seen else ""
    known = f"has(steps.{some}) && string(steps.{some}).contains('7')"
    # What a map came to is no text: then the condition is a failure, which is as good.
    node["if"] = known if some else random.choice(["true", "false"])
    after = look(node["then"], seen, names, random)
    other = look(node.get("else", []), seen, names, random)
    return after + other[len(seen) :]


def _own(block: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for node in block:
        found += [node[key] for key in ("step", "map", "loop") if key in node]
        for key in ("then", "else", "try", "rescue"):
            found += _own(node.get(key, []))
        for branch in node.get("parallel", []):
            found += _own(branch)
    return found


@dataclass(frozen=True)
class Fate:
    """What becomes of each attempt: the same whenever it is asked.

    Attributes:
        seed: which one.
        failing: of a hundred attempts.
    """

    seed: int
    failing: int

    def end(self, call: Call) -> Finished:
        """Of this attempt, whose output tells what it was given."""
        number = zlib.crc32(f"{self.seed} {call.path} {call.attempt}".encode()) % 100
        if number < self.failing:
            return ended(call, failure=Failure("failed", call.path, retryable=number % 3 > 0))
        return ended(call, f"{call.path} {zlib.crc32(json.dumps(call.arguments).encode())}")


@dataclass
class Live:
    """A run in which steps end in any order.

    Attributes:
        routine: what it does.
        fate: what becomes of its steps.
        random: decides what ends next.
        ended: in the order in which they did.
        under_way: begun, by path.
        before: what had ended when it began.
    """

    routine: Routine
    fate: Fate
    random: Random
    ended: list[Finished] = field(default_factory=list)
    under_way: dict[str, Call] = field(default_factory=dict)
    before: list[Finished] = field(default_factory=list)

    def play(self, look: Callable[[Interpreter], None]) -> Done | Broken | None:
        """To its end, with a look before each of its steps."""
        interpreter = Interpreter(self.routine, 5)
        for entry in self.before:
            interpreter.finish(entry)
        while len(self.ended) < MOST:
            calls, end = interpreter.next()
            if end is not None:
                look(interpreter)
                return end
            for call in calls:
                if call.path not in self.under_way:
                    self.under_way[call.path] = call
                    interpreter.begin(call.path, call.attempt)
            look(interpreter)
            call = self.under_way.pop(self.random.choice(sorted(self.under_way)))
            self.ended.append(self.fate.end(call))
            interpreter.finish(self.ended[-1])
        return None

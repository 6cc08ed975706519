"""What a run has done so far, as a tree of a few lines. Pure: events in, lines out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vrooli.client.run_names import HANDING, task_of

HEARD = 60
"""Characters of what a model says just now that are shown."""

MOST = 6
"""Parts of one map or loop that are shown; of the others only how many there are."""

_NAMED = re.compile(r"[^./\[]+|\[\d+\]")
_INDEX = re.compile(r"\[\d+\]")
_OVER = ("completed", "failed", "cancelled")
_STATUSES = {"created": "running", "pausing": "running, to pause"}
_ASKING = ("asked", "delegated")
_AT_REST = ("pending", "waiting", "paused")
_WAITS = {"time": "waits for its time", "tasks": "waits for its tasks"}
_STANDS = {"waiting": "waits for a decision", "pausing": "is to pause", "paused": "is paused"}


@dataclass(slots=True)
class Step:
    """One step, as far as it came.

    Attributes:
        type: what it is.
        status: `begun`, `completed`, `failed`, `cancelled`, or what a later event says.
        attempt: from 1.
        began: unix seconds; None when that was not told.
        ended: unix seconds; None before.
        says: its output or failure in a few words; while a model speaks, its last words.
        heard: the end of what the model said.
        counted: whether it is a step, and not what one noted.
        asks: whether what it says is a question that waits.
    """

    type: str
    status: str = ""
    attempt: int = 1
    began: float | None = None
    ended: float | None = None
    says: str = ""
    heard: str = ""
    counted: bool = True
    asks: bool = False


@dataclass(slots=True, eq=False)
class Node:
    """A step, or what holds some: a map or loop, one turn of it, a branch, another run.

    Attributes:
        name: within what holds it.
        above: that; None at the top.
        parts: what it holds, by name, in the order in which they began.
        step: None unless it is one.
        counts: steps in it, by status.
        stands: of a run: why nothing goes on in it, where that is so.
        asks: of a run that waits for a person: that, and the command that answers.
    """

    name: str
    above: "Node | None" = None
    parts: "dict[str, Node]" = field(default_factory=dict)
    step: Step | None = None
    counts: dict[str, int] = field(default_factory=dict)
    stands: str = ""
    asks: str = ""

    def part(self, name: str) -> "Node":
        """The one of that name, if need be a new one."""
        if name not in self.parts:
            self.parts[name] = Node(name, self)
        return self.parts[name]

    def count(self, status: str, change: int) -> None:
        """One step more or less of that status, here and in all above."""
        node: Node | None = self
        while node is not None:
            node.counts[status] = node.counts.get(status, 0) + change
            node = node.above

    @property
    def over(self) -> bool:
        """Whether nothing in it goes on."""
        return all(status in _OVER or not number for status, number in self.counts.items())

    @property
    def went_well(self) -> bool:
        """Whether it is over, and nobody has to look at its parts."""
        return self.over and not self.counts.get("failed")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the tree.

    Attributes:
        guide: what leads to it from above.
        name: of the part.
        status: of the step; empty for what holds steps, and for what sums some up.
        type: of the step.
        seconds: it took, or takes so far; None when that is not known.
        says: anything else.
    """

    guide: str
    name: str
    status: str = ""
    type: str = ""
    seconds: float | None = None
    says: str = ""


class RunTree:
    """Of one run, and of those that it started.

    Attributes:
        status: of the run.
        ended: when it did, unix seconds; None while it has not.
    """

    def __init__(self, run: str, branches: Mapping[str, Sequence[str]] | None = None) -> None:
        self._run, self._branches = run, branches or {}
        self._top = Node(run)
        self._runs = {run: self._top}
        self._persons = dict[str, str]()
        self.status = "pending"
        self.ended: float | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Something happened."""
        what, _, word = str(event["kind"]).partition(".")
        if what in ("step", "note") and "path" in event:
            self._step(event, word, counts=what == "step")
        elif what == "model":
            self._said(event)
        elif what == "approval":
            self._approval(event, word)
        elif what == "run":
            self._moved(event, word)

    def lines(self, now: float, most: int) -> list[Line]:
        """At most so many, the newest ones; what has ended takes no longer."""
        now = now if self.ended is None else self.ended
        found = list(_below(self._top, "", now))
        if len(found) <= most:
            return found
        cut = len(found) - most + 1
        return [Line("", "", says=f"… {cut} lines above"), *found[cut:]]

    def _moved(self, event: Mapping[str, Any], word: str) -> None:
        """A run was made, or stands elsewhere."""
        run = event["run"]
        if run == self._run:
            self.status = _STATUSES.get(word, word)
            self.ended = event["at"] if word in _OVER else None
        if event.get("parent") and event.get("path") and run not in self._runs:
            holder = self._node({"run": event["parent"], "path": event["path"]})
            by_hand = event.get("routine") == HANDING
            self._runs[run] = holder if by_hand else holder.part(f"run {run}")
            if by_hand:
                done = f"vrooli swarm done {event['parent']} {task_of(event)}"
                self._persons[run] = f"asks a person: `{done}`"
        node = self._of(run)
        node.stands = stands_after(event, word)
        node.asks = self._persons.get(run, "") if word == "waiting" else ""
        if word in _OVER:
            self._turn(node, "begun", "cancelled", event["at"])
        elif word == "pending":  # after an end it goes on where it was
            self._turn(node, "cancelled", "begun", None)

    def _turn(self, node: Node, before: str, after: str, at: float | None) -> None:
        """What was under way in a run that ends is so no more. Runs below have their own ends."""
        for part in node.parts.values():
            step = part.step
            if step is not None and step.status == before:
                step.status, step.ended = after, at
                if step.asks:  # nobody can answer any more
                    step.says, step.asks = "", False
                if step.counted:
                    part.count(before, -1)
                    part.count(after, 1)
            if part not in self._runs.values():
                self._turn(part, before, after, at)

    def _approval(self, event: Mapping[str, Any], word: str) -> None:
        """A step asks somebody, or was answered."""
        step = self._node(event).step
        if step is not None:
            step.says, step.asks = approval_says(event, word), word in _ASKING

    def _said(self, event: Mapping[str, Any]) -> None:
        """A model speaks, in a step that goes on."""
        path, _, _ = str(event["path"]).partition("/")
        step = self._node({"run": event["run"], "path": path}).step
        if step is None or step.status == "begun":
            before = step.heard if step is not None and event["from"] else ""
            if step is None:
                begun = {"run": event["run"], "path": path, "type": "llm", "at": None}
                self._step(begun, "begun", counts=True)
                step = self._node({"run": event["run"], "path": path}).step
            assert step is not None
            step.heard = f"{before}{event['text']}"[-HEARD:]
            step.says = f"… {' '.join(step.heard.split())}"

    def _step(self, event: Mapping[str, Any], status: str, *, counts: bool) -> None:
        """What a step noted stands below it, and is none that is counted."""
        node = self._node(event)
        if event["run"] == self._run and self.status in _AT_REST:
            self.status = "running"
        attempt, step = int(event.get("attempt", 1)), node.step
        if step is None:
            step = node.step = Step(str(event.get("type", "")), counted=counts)
        elif counts:
            node.count(step.status, -1)
        if attempt != step.attempt:
            step.began = step.ended = None
            step.says = ""
        step.status, step.attempt = status, attempt
        if counts:
            node.count(status, 1)
        if status == "begun":
            step.began = event["at"]
        elif status in _OVER:
            step.ended = event["at"]
        step.says, step.asks = str(event.get("gist") or event.get("why") or ""), False

    def _node(self, event: Mapping[str, Any]) -> Node:
        node = self._of(event["run"])
        known = ""
        for name in _NAMED.findall(str(event["path"])):
            if not _INDEX.fullmatch(name):
                known = f"{known}.{name}".removeprefix(".")
                for branch in self._branches.get(known, ()):
                    node = node.part(branch)
            node = node.part(name)
        return node

    def _of(self, run: str) -> Node:
        """That of a run; below the step that started it, where that was told."""
        if run not in self._runs:
            self._runs[run] = self._top.part(f"run {run}")
        return self._runs[run]


def stands_after(event: Mapping[str, Any], word: str) -> str:
    """Why nothing goes on in a run after this event; empty where something does."""
    if word == "waiting" and event.get("for") in _WAITS:
        return _WAITS[event["for"]]
    return _STANDS.get(word, "")


def approval_says(event: Mapping[str, Any], word: str) -> str:
    """What an event of an approval means to whoever watches."""
    if word == "asked":
        return f"asks: `vrooli approval show {event['id']}`"  # first, so that nothing of it is cut
    if word == "delegated":
        return f"{event['by']} asks {event['to']}"
    place = f" in the place of {event['for']}" if "for" in event else ""
    return f"{word} by {event['by']}{place}" if "by" in event else word


def branches(definition: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """For each step, map and loop that stands in a branch of a `parallel` the names of the branches
    around it, by its path without numbers.
    """
    found: dict[str, tuple[str, ...]] = {}
    _find(definition.get("do"), "", (), found)
    return found


def _find(
    blocks: Any, above: str, around: tuple[str, ...], found: dict[str, tuple[str, ...]]
) -> None:
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, dict):
            continue
        name = next((block[key] for key in ("step", "map", "loop") if key in block), None)
        if name is not None:
            path = f"{above}.{name}".removeprefix(".")
            if around:
                found[path] = around
            _find(block.get("do"), path, (), found)
            continue
        for number, branch in enumerate(block.get("parallel") or ()):
            _find(branch, above, (*around, f"branch {number + 1}"), found)
        for key in ("then", "else", "try", "rescue"):
            _find(block.get(key), above, around, found)


def _below(node: Node, guide: str, now: float) -> Iterator[Line]:
    shown = _shown(list(node.parts.values()))
    hidden = len(node.parts) - len(shown)
    if hidden:
        corner = "├─ " if shown else "└─ "
        yield Line(guide + corner, "", says=f"… {hidden} more, over")
    for number, part in enumerate(shown):
        last = number == len(shown) - 1
        name, leaf = _joined(part)
        yield _line(guide + ("└─ " if last else "├─ "), name, leaf, now)
        if not (_INDEX.match(name) and leaf.went_well):
            yield from _below(leaf, guide + ("   " if last else "│  "), now)


def _shown(parts: list[Node]) -> list[Node]:
    """Of the turns of a map or loop all that goes on, and the newest of the others."""
    if len(parts) <= MOST or not all(_INDEX.fullmatch(part.name) for part in parts):
        return parts
    room = MOST - sum(not part.over for part in parts)
    newest = (
        {id(part) for part in [part for part in parts if part.over][-room:]} if room > 0 else ()
    )
    return [part for part in parts if not part.over or id(part) in newest]


def _joined(node: Node) -> tuple[str, Node]:
    """A part that holds one part alone stands in a line with it."""
    name = node.name
    while node.step is None and not node.stands and len(node.parts) == 1:
        (node,) = node.parts.values()
        name += node.name if node.name.startswith("[") else f".{node.name}"
    return name, node


def _line(guide: str, name: str, node: Node, now: float) -> Line:
    step = node.step
    if step is None:
        told = (f"{number} {status}" for status, number in node.counts.items() if number)
        return Line(guide, name, says=node.asks or ", ".join(filter(None, (*told, node.stands))))
    end = step.ended if step.ended is not None else now
    seconds = None if step.began is None else max(0.0, end - step.began)
    again = f"attempt {step.attempt}  " if step.attempt > 1 else ""
    return Line(guide, name, step.status, step.type, seconds, f"{again}{step.says}".rstrip())

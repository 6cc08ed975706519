"""Says what a run does next, by its routine and its journal. Pure: the same journal gives the same
answer.

It may be thrown away and made anew from the journal at any time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.expression import ExpressionError
from vrooli.flow.entries import Failure, Finished
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

EXPRESSION = "expression"
"""Kind of the failure of one."""


@dataclass(frozen=True, slots=True)
class Call:
    """A step that is to be executed.

    Attributes:
        path: which step: its id, after those of the maps and loops that it is in, like
            `each[2].fetch`.
        attempt: from 1.
        node: what the routine says about it.
        arguments: with every expression filled in.
        pause: seconds to wait before it, after the end of the attempt before.
    """

    path: str
    attempt: int
    node: StepNode
    arguments: Any
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """Something has a value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """Something failed."""

    failure: Failure


class _Pending:
    """Something is under way, or must not begin."""


_PENDING = _Pending()
State = Done | Broken | _Pending
Scope = Mapping[str, Any]


@dataclass
class _Frame:
    """What expressions in one place see: the routine, a branch of a parallel, a turn of a map or
    loop, a rescue. What happens beside it at the same time is not seen, so that the answer does not
    depend on who is faster.

    Attributes:
        prefix: of the paths in it.
        names: what expressions see besides `steps`.
        steps: values by id, those of the frames around included as they were when it began.
        states: what is settled, by node; it never changes again.
        inner: frames within, by node.
        done: how many of the first turns of a map, or nodes of a sequence, have a value, by node.
        ways: what conditions came to, by node: what is done then may change what they look at.
    """

    prefix: str
    names: Scope
    steps: dict[str, Any]
    states: dict[int, State] = field(default_factory=dict)
    inner: dict[int, list["_Frame"]] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)
    ways: dict[int, bool] = field(default_factory=dict)

    def scope(self) -> dict[str, Any]:
        return {**self.names, "steps": self.steps}

    def news(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Steps that it did itself. In a turn of a loop the others are those of the turn before,
        which another branch may have done again.
        """
        known, unknown = before.get, object()
        return {name: one for name, one in self.steps.items() if known(name, unknown) is not one}

    def within(self, prefix: str = "", names: Scope | None = None) -> "_Frame":
        """A frame inside."""
        return _Frame(self.prefix + prefix, {**self.names, **(names or {})}, dict(self.steps))


class Interpreter:
    """One run.

    Attributes:
        begun: attempts that are under way: called, and not finished.
    """

    def __init__(self, routine: Routine, inputs: Any) -> None:
        self._routine = routine
        self._root = _Frame("", {"inputs": inputs}, {})
        self._finished: dict[str, Finished] = {}
        self._given_up: dict[str, int] = {}
        self.begun: dict[str, int] = {}
        self._calls: list[Call] = []
        self._called: dict[str, Call] = {}

    def begin(self, path: str, attempt: int) -> None:
        """This attempt was begun, by the journal or now; it is called again unless it finished."""
        known = self._finished.get(path)
        if attempt > self._base(path) and (known is None or known.attempt < attempt):
            self.begun[path] = max(attempt, self.begun.get(path, 0))

    def finish(self, entry: Finished) -> None:
        """The journal says that this attempt ended. Of two, the later attempt counts."""
        known = self._finished.get(entry.path)
        counts = entry.attempt > self._base(entry.path)
        if counts and (known is None or known.attempt < entry.attempt):
            self._finished[entry.path] = entry
        if self.begun.get(entry.path, 0) <= entry.attempt:
            self.begun.pop(entry.path, None)

    def again(self, path: str, attempt: int) -> None:
        """The journal says that attempts up to this one count no more."""
        self._given_up[path] = max(attempt, self._base(path))
        known = self._finished.get(path)
        if known is not None and known.attempt <= attempt:
            del self._finished[path]
        if self.begun.get(path, attempt + 1) <= attempt:
            del self.begun[path]

    def _base(self, path: str) -> int:
        return self._given_up.get(path, 0)

    def next(self) -> tuple[list[Call], Done | Broken | None]:
        """Steps to execute, each told until it has finished, and what the run came to if it has.

        One that was told and not begun may be told no more: something beside it failed.
        """
        self._calls = []
        state = self._node(self._routine.body, self._root)
        if isinstance(state, Done) and self._routine.output is not None:
            try:
                state = Done(self._routine.output.filled(self._root.scope()))
            except ExpressionError as error:
                state = Broken(_mistake(error, "output"))
        return self._calls, None if isinstance(state, _Pending) else state

    def _node(self, node: Node, frame: _Frame) -> State:
        known = frame.states.get(id(node))
        if known is not None:
            return known
        try:
            state = self._visit(node, frame)
        except ExpressionError as error:
            named = node.id if isinstance(node, StepNode | MapNode | LoopNode) else ""
            state = Broken(_mistake(error, frame.prefix + named))
        if not isinstance(state, _Pending):
            frame.states[id(node)] = state
        return state

    def _visit(self, node: Node, frame: _Frame) -> State:
        match node:
            case StepNode():
                return self._step(node, frame)
            case SequenceNode():
                return self._sequence(node, frame)
            case ParallelNode():
                return self._parallel(node, frame)
            case MapNode():
                return self._map(node, frame)
            case BranchNode():
                return self._branch(node, frame)
            case LoopNode():
                return self._loop(node, frame)
            case AttemptNode():
                return self._attempt(node, frame)

    def _step(self, node: StepNode, frame: _Frame) -> State:
        path = frame.prefix + node.id
        entry, base = self._finished.get(path), self._base(path)
        if entry is None:
            self._call(path, base + 1, node, frame)
            return _PENDING
        if entry.failure is None:
            frame.steps[node.id] = entry.output
            return Done(entry.output)
        if entry.failure.retryable and entry.attempt - base < node.retry.most:
            self._call(path, entry.attempt + 1, node, frame)
            return _PENDING
        return Broken(entry.failure)

    def _call(self, path: str, attempt: int, node: StepNode, frame: _Frame) -> None:
        call = self._called.get(path)
        if call is None or call.attempt != attempt:
            tried = attempt - 1 - self._base(path)
            pause = node.retry.pause(tried) if tried else 0.0
            call = Call(path, attempt, node, node.arguments.filled(frame.scope()), pause)
            self._called[path] = call
        self._calls.append(call)

    def _sequence(self, node: SequenceNode, frame: _Frame) -> State:
        done = frame.done.get(id(node), 0)  # not looked at again, however long the sequence is
        state: State = frame.states[id(node.nodes[done - 1])] if done else Done(None)
        for one in node.nodes[done:]:
            state = self._node(one, frame)
            if not isinstance(state, Done):
                break
            done += 1
        frame.done[id(node)] = done
        return state

    def _together(self, parts: Iterable[tuple[Node, _Frame]], at_most: int = 0) -> State:
        """All of `parts`, at most so many at once (0: any number)."""
        before = len(self._calls)
        states: list[State] = []
        pending = 0
        for node, frame in parts:
            if at_most and pending >= at_most:
                pending += 1
                break
            states.append(self._node(node, frame))
            pending += isinstance(states[-1], _Pending)
        broken = next((state for state in states if isinstance(state, Broken)), None)
        if broken is not None:
            # Nothing new is begun any more; what was begun is waited for.
            new = [call for call in self._calls[before:] if self._is_begun(call)]
            self._calls[before:] = new
            return _PENDING if new else broken
        if pending:
            return _PENDING
        return Done([state.value for state in states if isinstance(state, Done)])

    def _is_begun(self, call: Call) -> bool:
        return self.begun.get(call.path, 0) >= call.attempt

    def _parallel(self, node: ParallelNode, frame: _Frame) -> State:
        frames = frame.inner.get(id(node))
        if frames is None:
            frames = frame.inner[id(node)] = [frame.within() for _ in node.branches]
        state = self._together(zip(node.branches, frames, strict=True))
        if isinstance(state, Done):
            before = dict(frame.steps)
            for one in frames:
                frame.steps.update(one.news(before))
        return state

    def _map(self, node: MapNode, frame: _Frame) -> State:
        frames = frame.inner.get(id(node))
        if frames is None:
            items = node.over.filled(frame.scope())
            if not isinstance(items, list):
                raise ExpressionError("expected a list to go over", where=frame.prefix + node.id)
            frames = frame.inner[id(node)] = [
                frame.within(f"{node.id}[{index}].", {node.variable: item, "index": index})
                for index, item in enumerate(items)
            ]
        done = self._done_first(node, frame, frames)
        state = self._together(((node.body, one) for one in frames[done:]), node.at_most)
        if isinstance(state, Done):
            states = (one.states[id(node.body)] for one in frames)
            state = Done([one.value for one in states if isinstance(one, Done)])
        return self._named(node.id, state, frame)

    def _done_first(self, node: MapNode, frame: _Frame, frames: list[_Frame]) -> int:
        """How many of the first turns have a value. They are not looked at again: of a long list
        that took longer than all its steps.
        """
        done = frame.done.get(id(node), 0)
        while done < len(frames) and isinstance(frames[done].states.get(id(node.body)), Done):
            done += 1
        frame.done[id(node)] = done
        return done

    def _branch(self, node: BranchNode, frame: _Frame) -> State:
        holds = frame.ways.get(id(node))
        if holds is None:
            holds = frame.ways[id(node)] = node.condition.holds(frame.scope())
        return self._node(node.then if holds else node.otherwise, frame)

    def _loop(self, node: LoopNode, frame: _Frame) -> State:
        turns = frame.inner.setdefault(id(node), [])
        state: State = Done(None)
        while isinstance(state, Done):
            index = len(turns)
            last = turns[-1] if turns else frame
            if turns:
                state = self._node(node.body, last)
                if not isinstance(state, Done):
                    return state
            if not node.condition.holds({**last.scope(), "turn": index}):
                return self._named(node.id, state, frame)
            if index == node.limit:
                reason = f"its condition still holds after {node.limit} turns"
                return Broken(Failure("loop-limit", reason, where=frame.prefix + node.id))
            turn = last.within("", {"turn": index})
            turn.prefix = f"{frame.prefix}{node.id}[{index}]."
            turns.append(turn)
        return state

    def _attempt(self, node: AttemptNode, frame: _Frame) -> State:
        state = self._node(node.body, frame)
        if not isinstance(state, Broken):
            return state
        frames = frame.inner.get(id(node))
        if frames is None:
            rescue = frame.within("", {"error": state.failure.to_json()})
            rescue.steps = frame.steps  # what the rescue does is seen after it
            frames = frame.inner[id(node)] = [rescue]
        return self._node(node.rescue, frames[0])

    def failed(self) -> list[str]:
        """Steps that failed and keep the whole from going on, as `next` found it: of something
        rescued, those of the rescue. Empty where no step did, but an expression.
        """
        return list(self._failed(self._routine.body, self._root))

    def _failed(self, node: Node, frame: _Frame) -> Iterator[str]:
        if isinstance(node, StepNode):
            path = frame.prefix + node.id
            broken = isinstance(frame.states.get(id(node)), Broken)
            yield from [path] if broken and path in self._finished else []
        for one, inside in self._parts(node, frame):
            yield from self._failed(one, inside)

    def _parts(self, node: Node, frame: _Frame) -> Iterable[tuple[Node, _Frame]]:
        """What is in a block, as far as it came; of something rescued, the rescue."""
        frames = frame.inner.get(id(node), [])
        match node:
            case SequenceNode():
                return [(one, frame) for one in node.nodes]
            case ParallelNode():
                return list(zip(node.branches, frames, strict=False))
            case MapNode() | LoopNode():
                return [(node.body, one) for one in frames]
            case BranchNode():
                return [(node.then if frame.ways.get(id(node)) else node.otherwise, frame)]
            case AttemptNode():
                return [(node.rescue, frames[0])] if frames else [(node.body, frame)]
            case StepNode():
                return []

    def _named(self, name: str, state: State, frame: _Frame) -> State:
        if isinstance(state, Done):
            frame.steps[name] = state.value
        return state


def _mistake(error: ExpressionError, path: str) -> Failure:
    """With the step, map or loop in which it stands, where there is one: a routine has many
    expressions, and the same one in several places.
    """
    place = path.rstrip(".")
    if not place or error.where in ("", place):
        return Failure(EXPRESSION, error.what, where=place or error.where)
    return Failure(EXPRESSION, f"{error.what}, in `{error.where}`", where=place)

"""Routines for tests, and a run whose steps end as the test says."""

from typing import Any

from vrooli.flow.entries import Failure, Finished
from vrooli.flow.interpreter import Broken, Call, Done, Interpreter
from vrooli.flow.model import Routine
from vrooli.flow.reading import read

TYPES = ("do", "ask", "stay")


def routine(*do: Any, **more: Any) -> Routine:
    """One with this body, of steps of type `do`, `ask` and `stay`, which take anything."""
    return read({"name": "test", "do": list(do), **more}, TYPES, lambda name, arguments: [])


def step(name: str, **more: Any) -> dict[str, Any]:
    """A step without arguments."""
    return {"step": name, "do": {}, **more}


def ended(call: Call, output: Any = None, failure: Failure | None = None) -> Finished:
    """The entry that says how an attempt ended."""
    return Finished(call.path, call.attempt, call.node.type, output, failure)


class Hand:
    """A run that the test takes through by hand.

    Attributes:
        calls: steps under way, by path.
        end: what the run came to.
    """

    def __init__(self, *do: Any, inputs: Any = None, **more: Any) -> None:
        self.interpreter = Interpreter(routine(*do, **more), inputs)
        self.calls: dict[str, Call] = {}
        self.end: Done | Broken | None = None
        self._ask()

    @property
    def open(self) -> list[str]:
        """Paths of the steps under way."""
        return sorted(self.calls)

    def ok(self, path: str, output: Any = None) -> "Hand":
        """The attempt that is under way worked."""
        return self._finish(ended(self.calls[path], output))

    def fail(self, path: str, kind: str = "failed", retryable: bool = False) -> "Hand":
        """It failed."""
        failure = Failure(kind, f"{path} failed", retryable=retryable)
        return self._finish(ended(self.calls[path], failure=failure))

    def _finish(self, entry: Finished) -> "Hand":
        self.interpreter.finish(entry)
        self._ask()
        return self

    def _ask(self) -> None:
        calls, self.end = self.interpreter.next()
        self.calls = {call.path: call for call in calls}
        for call in calls:
            if not call.pause:
                self.interpreter.begin(call.path, call.attempt)

    def begin(self, path: str) -> None:
        """The pause before this attempt is over."""
        self.interpreter.begin(path, self.calls[path].attempt)

    @property
    def value(self) -> Any:
        """What it came to, which must be a value."""
        assert isinstance(self.end, Done), self.end
        return self.end.value

    @property
    def failure(self) -> Failure:
        """Why it failed, which it must have."""
        assert isinstance(self.end, Broken), self.end
        return self.end.failure

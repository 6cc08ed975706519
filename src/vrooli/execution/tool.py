"""What a tool is: one file in `tools/` that defines `tool`. Steps and models use them alike."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.execution.step_type import StepCall, StepTools


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that can be asked for by its name.

    Attributes:
        name: that of its file.
        title: what it does, in a line: a model chooses by it.
        arguments: JSON Schema of an object, every property with a `description`.
        run: gets the call with these arguments, the run and the key, which a tool that changes
            something hands on to whoever can tell by it that it was asked before; returns any JSON
            value, raises `StepFailed` or another `VrooliError`.
        repeatable: whether nobody is harmed when it is used twice with the same arguments.
        about: what the reference says beside.
    """

    name: str
    title: str
    arguments: Mapping[str, Any]
    run: Callable[[StepCall, StepTools], Awaitable[Any]]
    repeatable: bool
    about: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return {
            "name": self.name,
            "title": self.title,
            "arguments": self.arguments,
            "repeatable": self.repeatable,
        }

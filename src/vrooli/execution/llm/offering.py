"""What a tool is to the agent library, whoever does it."""

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_ai.toolsets.external import TOOL_SCHEMA_VALIDATOR

MISTAKES = 3
"""How often in a row a model may get the arguments of a tool wrong."""


class Offer(Protocol):
    """A tool that a model may use."""

    @property
    def title(self) -> str:
        """What it does."""
        ...

    @property
    def arguments(self) -> Mapping[str, Any]:
        """JSON Schema of them."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether nobody is harmed when it is used twice."""
        ...


def offer(toolset: AbstractToolset[None], name: str, one: Offer) -> ToolsetTool[None]:
    """As the model sees it, by this name."""
    definition = ToolDefinition(
        name=name,
        description=one.title,
        parameters_json_schema=dict(one.arguments),
        sequential=not one.repeatable,
    )
    return ToolsetTool(
        toolset=toolset,
        tool_def=definition,
        max_retries=MISTAKES,
        args_validator=TOOL_SCHEMA_VALIDATOR,
    )


def said_by(noted: Mapping[str, Any]) -> Any:
    """What a use came to, as it was noted: a failure is told to the model."""
    if "failed" in noted:
        failure = noted["failed"]
        raise ToolFailed(f"it failed ({failure['kind']}): {failure['reason']}")
    return noted["value"]

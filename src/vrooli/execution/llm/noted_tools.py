"""The tools that a model may use, each use noted in the journal of the run."""

from dataclasses import dataclass, replace
from typing import Any

from jsonschema import Draft202012Validator
from pydantic_ai.exceptions import ModelRetry
from pydantic_ai.tools import RunContext
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool

from vrooli.core.errors import VrooliError
from vrooli.execution.llm.noted_model import Way
from vrooli.execution.llm.offering import offer, said_by
from vrooli.execution.step_type import StepTools
from vrooli.execution.tool_types import tool as tool_of
from vrooli.flow.failed import Failed, failure_of
from vrooli.flow.gist import called
from vrooli.flow.notes import NoNotes, Note, Turn


@dataclass
class NotedTools(AbstractToolset[None]):
    """Those of these names.

    Attributes:
        names: of tools that there are.
        way: of the conversation.
        tools: what they work with.
    """

    names: list[str]
    way: Way
    tools: StepTools

    @property
    def id(self) -> str:
        """Nobody else's."""
        return "vrooli"

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:
        """As the model sees them."""
        return {name: offer(self, name, tool_of(name)) for name in self.names}

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[None], tool: ToolsetTool[None]
    ) -> Any:
        """What it said to this very call, be it before a crash; else it is used.

        A failure is told to the model, which may know another way; not so an unknown effect.
        """
        one = tool_of(name)
        for error in Draft202012Validator(dict(one.arguments)).iter_errors(tool_args):
            raise ModelRetry(f"the arguments are wrong: {error.message[:500]}")
        number = self.way.numbers[str(ctx.tool_call_id)]
        request = {"tool": name, "arguments": tool_args}
        note = Note(f"tool[{number}]", "tool", request, one.repeatable, called(name, tool_args))

        async def use(turn: Turn) -> dict[str, Any]:
            call = replace(self.way.call, key=turn.key, arguments=tool_args, notes=NoNotes())
            try:
                return {"value": await one.run(call, self.tools)}
            except VrooliError as error:
                if isinstance(error, Failed) and error.kind == "unknown-effect":
                    raise
                return {"failed": failure_of(error).to_json()}

        return said_by(await self.way.call.notes.once(note, use))

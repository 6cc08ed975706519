"""The use of a tool."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vrooli.execution import tool_types
from vrooli.execution.step_type import StepCall, StepTools, StepType

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "allOf": tool_types.by_name(),
    "properties": {
        "name": {"enum": tool_types.names(), "description": "which one"},
        "arguments": {"type": "object", "default": {}, "description": "of the tool, see below"},
    },
}

_ABOUT = """\
The output is what the tool says. It is repeatable when the tool is.

```yaml
- step: written
  tool:
    name: write_file
    arguments: { path: report.md, text: "# Report\\n\\n${steps.report.text}" }
```"""


async def _run(call: StepCall, tools: StepTools) -> Any:
    name, arguments = call.arguments["name"], call.arguments.get("arguments", {})
    return await tool_types.tool(name).run(replace(call, arguments=arguments), tools)


def _repeatable(given: Mapping[str, Any]) -> bool:
    name = given.get("name")
    return name in tool_types.names() and tool_types.tool(str(name)).repeatable


step = StepType(
    name="tool",
    title="Uses a tool",
    arguments=_SCHEMA,
    run=_run,
    repeatable=_repeatable,
    about=_ABOUT,
)

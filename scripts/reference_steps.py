"""The page of the types of steps: their arguments, by their schemas."""

import json
from collections.abc import Mapping
from typing import Any

from scripts.reference_markdown import table
from vrooli.execution import tool_types
from vrooli.execution.step_type import StepType
from vrooli.execution.step_types import names, step_type
from vrooli.execution.tool import Tool
from vrooli.execution.tool_types import tool

HEAD = """\
# Steps

What a step of a routine can be: a key of that name holds its arguments. Any text in them may hold
expressions, `${...}`. Every step has a `timeout` in seconds, and an output of at most 4 MiB of
JSON, which later steps see as `steps.NAME`.

A failure has a kind, one word for a rescue to look at, and says whether the same may succeed later:
then `retry` tries again. Common to all: `arguments`, `timeout` (of what may be repeated), `output`
(too large, or no JSON), `unreachable`, `failed`, `budget` (a limit leaves no room for what it wants
to spend), `unknown-effect` (it may have been done, or not, because its process, its connection or
its time ended in the middle: only a person or a rescue decides) and `defect` (of
ours).

A step is *repeatable* when nobody is harmed by doing it twice. One that is not is never done again
by itself when its process died in the middle of it, or when its time was over.
"""


def steps() -> str:
    """Every type."""
    text = HEAD + "".join(_described(step_type(name), "##") for name in names())
    text += "\n## Tools\n\n`tool` uses one of these by its `name`.\n"
    return text + "".join(_described(tool(name), "###") for name in tool_types.names())


def _described(kind: StepType | Tool, head: str) -> str:
    text = f"\n{head} `{kind.name}`\n\n{kind.title}.\n"
    if kind.about:
        text += f"\n{kind.about}\n"
    properties = kind.arguments.get("properties", {})
    if properties:
        required = kind.arguments.get("required", ())
        rows = [_row(name, schema, name in required) for name, schema in properties.items()]
        text += f"\n{table('argument | meaning | expects | default', rows)}"
    return text


def _row(name: str, schema: Mapping[str, Any], required: bool) -> tuple[str, str, str, str]:
    default = f"`{json.dumps(schema['default'])}`" if "default" in schema else "-"
    return f"`{name}`", schema["description"], _expects(schema), "required" if required else default


def _expects(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    kind = schema.get("type", "any value")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{kind}, {least} to {most}"
    return str(kind)

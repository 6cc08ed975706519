"""All tools, found as files in `tools/`."""

from functools import cache
from typing import Any

import vrooli.execution.tools
from vrooli.core import discover
from vrooli.execution.tool import Tool


def names() -> list[str]:
    """Of all tools, sorted."""
    return discover.names(vrooli.execution.tools)


@cache
def tool(name: str) -> Tool:
    """The tool of that name, which must be one of `names()`."""
    return discover.load(vrooli.execution.tools, name, "tool", Tool)


def by_name() -> list[dict[str, Any]]:
    """JSON Schemas of what `name` and `arguments` have to do with each other."""
    return [_rule(tool(name)) for name in names()]


def _rule(one: Tool) -> dict[str, Any]:
    demands = ["arguments"] if one.arguments.get("required") else []
    return {
        "if": {"properties": {"name": {"const": one.name}}},
        "then": {"properties": {"arguments": one.arguments}, "required": demands},
    }

"""A tool as a server offers it, and as a model sees it. Its words are the server's: material."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vrooli.execution.json_schema import BadSchema, Schema
from vrooli.flow.failed import Failed

LONGEST_NAME = 64
"""Characters of a name that models take."""

LONGEST_TITLE = 4096
LARGEST_SCHEMA = 64 * 1024
LARGEST_LIST = 512 * 1024
"""Characters; of schema and list as JSON."""

_STRANGE = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class McpTool:
    """One of them.

    Attributes:
        server: whose.
        name: by which that one knows it.
        title: what it does.
        arguments: JSON Schema of an object.
        repeatable: whether nobody is harmed when it is used twice with the same arguments.
    """

    server: str
    name: str
    title: str
    arguments: Mapping[str, Any]
    repeatable: bool

    @property
    def shown(self) -> str:
        """The name for models, to whom the tools of all servers are one list."""
        return _STRANGE.sub("_", f"{self.server}_{self.name}")[:LONGEST_NAME]

    def to_json(self) -> dict[str, Any]:
        """As it is noted and told."""
        return asdict(self)


def told(tools: Sequence[McpTool]) -> list[dict[str, Any]]:
    """As JSON values.

    Raises:
        Failed: `too-large`; `garbage`, a schema is none.
    """
    for one in tools:
        place = f"{one.server}: {one.name}"[:200]
        if len(json.dumps(one.arguments)) > LARGEST_SCHEMA:
            what = f"its schema has more than {LARGEST_SCHEMA} characters"
            raise Failed("too-large", what, where=place)
        try:
            Schema(one.arguments)
        except BadSchema as error:
            raise Failed("garbage", error.what, where=place) from error
    found = [one.to_json() for one in tools]
    if len(json.dumps(found)) > LARGEST_LIST:
        what = f"its tools have more than {LARGEST_LIST} characters: name those that you use"
        raise Failed("too-large", what, where=tools[0].server)
    return found


def by_shown(tools: Sequence[McpTool]) -> dict[str, McpTool]:
    """By the names that a model sees.

    Raises:
        Failed: `mcp`, two of them would have the same.
    """
    for name, times in Counter(one.shown for one in tools).items():
        if times > 1:
            what = f"{times} tools would be shown as `{name}`: name those that you use in `tools`"
            raise Failed("mcp", what)
    return {one.shown: one for one in tools}

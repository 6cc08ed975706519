"""Whether the MCP servers that a routine names are declared in the stack file."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vrooli.cli.kit import Kit
from vrooli.core.nearest import did_you_mean

if TYPE_CHECKING:
    from vrooli.stack.model import Stack


class DeclaredMcp:
    """Those of one stack file, which is read when a routine names the first one.

    Args:
        kit: reads it.
        said: the file; None: as it is found.
    """

    def __init__(self, kit: Kit, said: Path | None) -> None:
        self._kit, self._said = kit, said

    def mistakes(
        self, step: str, arguments: Mapping[str, Any]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Places in the arguments of a step, and what is wrong there."""
        from vrooli.stack.mcp import NAME

        named = arguments.get("mcp") if step == "llm" else None
        for number, name in enumerate(named if isinstance(named, list) else ()):
            if isinstance(name, str) and NAME.fullmatch(name) and not self._is_declared(name):
                yield ("mcp", number), self._unknown(name)

    @cached_property
    def _file(self) -> Path | None:
        return self._kit.stack_file(self._said)

    @cached_property
    def _stack(self) -> "Stack":
        return self._kit.load_stack(self._file)

    def _is_declared(self, name: str) -> bool:
        return name in self._stack.mcp or _elsewhere(self._stack)

    def _unknown(self, name: str) -> str:
        if self._file is None:
            return f"there is no MCP server `{name}`: no vrooli.toml was found that declares it"
        hint = did_you_mean(name, self._stack.mcp)
        there = f"declare [mcp.{name}] in {self._file}"
        return f"there is no MCP server `{name}`{hint}: {there}"


def _elsewhere(stack: "Stack") -> bool:
    """Whether a service is told of others by a variable, which nobody looks into here."""
    from vrooli.stack.mcp import VARIABLE

    return any(
        f"{VARIABLE}_FILE" in service.env or (VARIABLE in service.env and not stack.mcp)
        for service in stack.services.values()
    )

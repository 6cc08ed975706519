"""What is wrong with files of routines and swarms, without a server."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vrooli.cli.mcp_names import DeclaredMcp
from vrooli.cli.routine_files import ROUTINE, SWARM, is_swarm, parsed
from vrooli.core.errors import UsageError
from vrooli.stack.work_half import need_work_half

if TYPE_CHECKING:
    from vrooli.flow.reading import Mistake


class Linter:
    """Of one command, which may name many files.

    Args:
        declared: MCP servers.
    """

    def __init__(self, declared: DeclaredMcp) -> None:
        self._declared = declared
        self._folders = dict[Path, Mapping[str, Any]]()

    def mistakes(self, file: Path) -> list[dict[str, Any]]:
        """All that is wrong with it, by its lines."""
        need_work_half()
        from vrooli.flow.yaml import BadYaml

        try:
            document = parsed(file)
        except UsageError as error:
            line = error.line if isinstance(error, BadYaml) else 0
            return [{"file": str(file), "line": line, "place": "", "problem": error.what}]
        found: list[dict[str, Any]] = [
            {
                "file": str(file),
                "line": document.line(one.place),
                "place": one.where,
                "problem": one.reason,
            }
            for one in self._wrong(document.data, file)
        ]
        return sorted(found, key=lambda one: int(one["line"]))

    def _wrong(self, data: Any, file: Path) -> "list[Mistake]":
        from vrooli.execution.step_types import read_routine
        from vrooli.execution.swarms.reading import SwarmError
        from vrooli.execution.swarms.writing import routine_of
        from vrooli.flow.reading import Mistake, RoutineError

        if not isinstance(data, Mapping):
            return [Mistake((), f"expected {ROUTINE}, or {SWARM}")]
        found = self._circles(data, file) if is_swarm(data) else []
        try:
            if is_swarm(data):
                routine_of(data)
            else:
                read_routine(data, self._declared.mistakes)
        except (RoutineError, SwarmError) as error:
            found += error.mistakes
        return found

    def _circles(self, data: Mapping[str, Any], file: Path) -> "list[Mistake]":
        """Where it would start itself, by the files beside it. What is stored says the server."""
        import asyncio

        from vrooli.execution.swarms.fitting import circles
        from vrooli.execution.swarms.reading import as_far_as_read
        from vrooli.execution.swarms.simulating.library import Library

        name, swarm = str(data.get("name", "")), as_far_as_read(data)
        return asyncio.run(circles(swarm, name, Library(self._there(file))))

    def _there(self, file: Path) -> Mapping[str, Any]:
        """Routines and swarms of its folder, by name."""
        from vrooli.cli.swarm_simulate import beside

        if str(file) == "-":
            return {}
        folder = file.resolve().parent
        if folder not in self._folders:
            self._folders[folder] = beside(folder, []).routines
        return self._folders[folder]

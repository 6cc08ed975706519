"""The step `tool`, and what every tool keeps to."""

import hashlib
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.steps import call, executed, failure, output, tools
from vrooli.execution import tool_types
from vrooli.execution.executor import StepExecutor
from vrooli.execution.step_types import names, read_routine, step_type
from vrooli.flow.reading import RoutineError
from vrooli.host.memory.workspaces import MemoryWorkspaces


def write(path: str, text: str) -> dict[str, Any]:
    return {"name": "write_file", "arguments": {"path": path, "text": text}}


def read(path: str) -> dict[str, Any]:
    return {"name": "read_file", "arguments": {"path": path}}


@pytest.mark.parametrize("name", tool_types.names())
def test_a_tool_describes_itself(name: str) -> None:
    tool = tool_types.tool(name)
    assert tool.name == name
    assert tool.title
    Draft202012Validator.check_schema(dict(tool.arguments))
    assert tool.arguments["additionalProperties"] is False
    assert all(one["description"] for one in tool.arguments["properties"].values())


@pytest.mark.parametrize("name", names())
def test_a_type_of_step_describes_itself(name: str) -> None:
    kind = step_type(name)
    assert kind.name == name
    Draft202012Validator.check_schema(dict(kind.arguments))
    assert all(one["description"] for one in kind.arguments.get("properties", {}).values())


async def test_a_file_is_written_and_read() -> None:
    workspaces = MemoryWorkspaces()
    given = tools(workspaces=workspaces)
    assert output(await executed("tool", write("a/report.md", "ä"), given)) == {
        "path": "a/report.md",
        "bytes": 2,
        "sha256": hashlib.sha256("ä".encode()).hexdigest(),
    }
    got = output(await executed("tool", read("a/report.md"), given))
    assert got == {"path": "a/report.md", "text": "ä"}
    assert workspaces.files == {"run-1": {"a/report.md": "ä".encode()}}


async def test_what_cannot_be_read_or_written() -> None:
    workspaces = MemoryWorkspaces()
    given = tools(workspaces=workspaces)
    await workspaces.write("run-1", "raw", b"\xff")
    await workspaces.write("run-1", "large", b"x" * 600_000)
    for arguments, kind in [
        (read("nothing"), "file"),
        (read("../x"), "file"),
        (read("raw"), "file"),
        (read("large"), "too-large"),
        (write("/etc/passwd", "x"), "file"),
        (write("x", "\ud800"), "arguments"),
        ({"name": "nothing"}, "arguments"),
        ({"name": "read_file"}, "arguments"),
        ({"name": "read_file", "arguments": {"path": 1}}, "arguments"),
        ({"name": "read_file", "arguments": {"path": "raw", "x": 1}}, "arguments"),
    ]:
        assert failure(await executed("tool", arguments, given)) == (kind, False), arguments


def test_arguments_of_a_tool_are_checked_with_the_routine() -> None:
    def routine(arguments: dict[str, Any]) -> dict[str, Any]:
        return {"name": "it", "do": [{"step": "it", "tool": arguments}]}

    assert read_routine(routine(write("${'a' + 'b'}", "x"))).name == "it"
    with pytest.raises(RoutineError, match="path"):
        read_routine(routine({"name": "write_file", "arguments": {"text": "x"}}))


def test_whether_it_is_repeatable_is_said_by_the_tool() -> None:
    executor = StepExecutor("run-1", tools())
    assert executor.repeatable(call("tool", write("x", "y")))
    assert not executor.repeatable(call("tool", {"name": "nothing"}))

"""Reads a text of the run's folder."""

from typing import Any

from vrooli.core.errors import TooLarge, UsageError
from vrooli.execution.step_type import StepCall, StepFailed, StepTools
from vrooli.execution.tool import Tool

LARGEST = 512 * 1024


async def _run(call: StepCall, tools: StepTools) -> Any:
    path = call.arguments["path"]
    try:
        data = await tools.workspaces.read(call.run, path, LARGEST)
        return {"path": path, "text": data.decode()}
    except TooLarge as error:
        raise StepFailed("too-large", error.what, where=path) from error
    except UsageError as error:
        raise StepFailed("file", error.what, where=path) from error
    except UnicodeDecodeError as error:
        raise StepFailed("file", "it is no text in UTF-8", where=path) from error


tool = Tool(
    name="read_file",
    title="Reads a text file of this run's folder",
    arguments={
        "type": "object",
        "required": ["path"],
        "additionalProperties": False,
        "properties": {
            "path": {"type": "string", "description": "below the folder, as `notes/one.md`"}
        },
    },
    run=_run,
    repeatable=True,
    about="The output is `path` and `text`. Failures: `file` (there is none, or it is no text), "
    "`too-large` (over 512 KiB).",
)

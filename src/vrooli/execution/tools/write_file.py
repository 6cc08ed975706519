"""Writes a text into the run's folder."""

import hashlib
from typing import Any

from vrooli.core.errors import TooLarge, UsageError
from vrooli.execution.step_type import StepCall, StepFailed, StepTools
from vrooli.execution.tool import Tool


async def _run(call: StepCall, tools: StepTools) -> Any:
    path, data = call.arguments["path"], call.arguments["text"].encode()
    try:
        await tools.workspaces.write(call.run, path, data)
    except TooLarge as error:
        raise StepFailed("too-large", error.what, where=path) from error
    except UsageError as error:
        raise StepFailed("file", error.what, where=path) from error
    return {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


tool = Tool(
    name="write_file",
    title="Writes a text file into this run's folder",
    arguments={
        "type": "object",
        "required": ["path", "text"],
        "additionalProperties": False,
        "properties": {
            "path": {"type": "string", "description": "below the folder, as `report.md`"},
            "text": {"type": "string", "description": "all of it; what was there is replaced"},
        },
    },
    run=_run,
    repeatable=True,
    about="Folders on the way are made, links are not followed. The output is `path`, `bytes` and "
    "`sha256`. Failures: `file` (the path leads elsewhere, or what is there is no file), "
    "`too-large` (over 1000 files or 64 MiB in one run).",
)

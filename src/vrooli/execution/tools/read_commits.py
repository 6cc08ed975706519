"""Reads commits of a git repository on the server's machine."""

import asyncio
from typing import Any

from vrooli.core.errors import Refused, UsageError
from vrooli.execution.repositories import BODY, FILES, MOST
from vrooli.execution.step_type import StepCall, StepFailed, StepTools
from vrooli.execution.tool import Tool

# No name of git's begins with `-`: that would be an option.
_NAME = {"type": "string", "pattern": r"^[\w@][\w./@^~{}+-]{0,199}$"}


async def _run(call: StepCall, tools: StepTools) -> Any:
    given = call.arguments
    asked = (given["folder"], given.get("from"), given["to"], given.get("most", MOST))
    try:
        return await asyncio.to_thread(tools.repositories.commits, *asked)
    except Refused as error:
        raise StepFailed("refused", error.what, where=error.where) from error
    except UsageError as error:
        raise StepFailed("repository", error.what, where=error.where) from error


tool = Tool(
    name="read_commits",
    title="Reads the commits of a git repository between two names, with the files they change",
    arguments={
        "type": "object",
        "required": ["folder", "to"],
        "additionalProperties": False,
        "properties": {
            "folder": {
                "type": "string",
                "pattern": "^/",
                "description": "of the repository, exactly as VROOLI_STEP_FOLDERS names it",
            },
            "from": {**_NAME, "description": "a commit, tag or branch: what came after it is read"},
            "to": {**_NAME, "description": "the last one, as `HEAD`"},
            "most": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST,
                "description": f"the newest so many ({MOST})",
            },
        },
    },
    run=_run,
    repeatable=True,
    about="The output is `from` and `to` as whole hashes, `commits` (the newest first, without "
    "merges, each with `commit`, `short`, `at`, `author`, `subject`, `body`, `files` with `path`, "
    f"`added` and `removed` lines, and `changed`, how many; at most {FILES} files and {BODY} "
    "characters of a body) and `more`, whether there were more. Nothing that the repository says "
    "about programs is run. Failures: `refused` (VROOLI_STEP_FOLDERS of the server does not name "
    "the folder), `repository` (it is none, or does not know the name), `unreachable` (no git).",
)

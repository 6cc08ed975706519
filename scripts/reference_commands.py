"""The page of the commands."""

from collections.abc import Iterable
from typing import Any

import typer

from scripts.reference_markdown import table
from vrooli.core.errors import EXIT_FAILURE, EXIT_OK, EXIT_USAGE
from vrooli.core.status import EXIT_CODES, Status
from vrooli.main import cli

HEAD = """\
# Commands

`vrooli` runs a stack, `vrooli-autoheal` is its watchdog. `./vrooli` and `./vrooli-autoheal` in a
checkout run the installed ones without activating anything. What was asked for goes to standard
output (of `status` also what is amiss and the advice), progress and errors to standard error. With
`--json` standard output holds JSON and nothing else, an error as
`{"error": {message, where, next_step, retryable}}`.

## Exit codes

"""


def commands() -> str:
    """Every command with its options, and what the exit codes mean."""
    text = HEAD + table("command | code | meaning", _exit_codes())
    for name, app in cli.apps().items():
        for path, command in _walk(name, typer.main.get_command(app)):
            text += f"\n## `{path}`\n\n{_described(path, command)}"
    return text


def _exit_codes() -> Iterable[tuple[str, str, str]]:
    verdicts = "`status`, `tick`"
    for status, code in EXIT_CODES.items():
        unknown = ", or it could not be asked" if status is Status.UNKNOWN else ""
        yield verdicts, str(code), f"{status}{unknown}"
    yield "all others", str(EXIT_OK), "done, or nothing to do"
    yield "all others", str(EXIT_FAILURE), "it failed; the error says what to do next"
    yield "all others", str(EXIT_USAGE), "the words or the stack file are wrong; nothing was done"
    for name in ("logs -f", "status --watch"):
        yield f"`{name}`", str(EXIT_OK), "ended by Ctrl-C, which is how it ends"
    yield "all others", "130", "interrupted by Ctrl-C"
    yield (
        "all",
        "141",
        "the reader of standard output has gone, as in `vrooli logs NAME` piped into `head`",
    )


def _walk(path: str, command: Any) -> Iterable[tuple[str, Any]]:
    """The command and all below it; hidden ones are not for people."""
    yield path, command
    if not hasattr(command, "list_commands"):
        return
    context = command.make_context(path, [], resilient_parsing=True)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if not child.hidden:
            yield from _walk(f"{path} {name}", child)


def _described(path: str, command: Any) -> str:
    if not command.help:
        raise ValueError(f"not described: {path}")
    text = _help(str(command.help).strip())
    rows = [
        (_words(parameter), parameter.help or "")
        for parameter in command.params
        if not getattr(parameter, "hidden", False)
    ]
    return text + (f"\n{table('argument or option | meaning', rows)}" if rows else "")


def _words(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    return " ".join(f"`{word}`" for word in parameter.opts)


def _help(text: str) -> str:
    """The help as Markdown: its examples, which are indented, become one block of code."""
    lines = [line for line in text.splitlines()]
    examples = [line.strip() for line in lines if line.startswith("  ")]
    prose = "\n".join(line for line in lines if not line.startswith("  ")).strip()
    while "\n\n\n" in prose:
        prose = prose.replace("\n\n\n", "\n\n")
    block = "\n".join(examples)
    return f"{prose}\n" + (f"\n```\n{block}\n```\n" if examples else "")

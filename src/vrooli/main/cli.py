"""Composition root of the commands: fills the kit and turns errors into words and exit codes."""

import os
import sys
from typing import TYPE_CHECKING

from vrooli.cli.app import build_autoheal, build_vrooli
from vrooli.cli.kit import Kit
from vrooli.cli.render import print_error
from vrooli.core.errors import EXIT_FAILURE, Refused, UsageError, VrooliError
from vrooli.core.status import EXIT_CODES, Status
from vrooli.main.kit import LocalKit
from vrooli.main.streams import OutputError, drop_output, prepare_streams

if TYPE_CHECKING:
    import typer

_VERDICTS = ("status", "tick")
"""Commands of `vrooli-autoheal` whose exit code is a verdict: not to know is 3, never 1."""


def main() -> None:
    """The command `vrooli`."""
    _run(build_vrooli(_kit()), verdict="status" in sys.argv[1:3])


def autoheal() -> None:
    """The command `vrooli-autoheal`."""
    _run(build_autoheal(_kit()), verdict=any(word in sys.argv[1:2] for word in _VERDICTS))


def apps() -> "dict[str, typer.Typer]":
    """Both commands by name, for the reference pages."""
    kit = _kit()
    return {"vrooli": build_vrooli(kit), "vrooli-autoheal": build_autoheal(kit)}


def _kit() -> Kit:
    return LocalKit(os.environ)


def _run(app: "typer.Typer", *, verdict: bool) -> None:
    prepare_streams()
    try:
        _answer(app, verdict=verdict)
    except OutputError as error:
        drop_output()
        print_error(error)
        raise SystemExit(_code(error, verdict=verdict)) from None


def _answer(app: "typer.Typer", *, verdict: bool) -> None:
    json = "--json" in sys.argv
    try:
        _parsed(app) if json else app()
    except OutputError:
        raise
    except SystemExit as ended:
        if isinstance(getattr(ended.__context__, "__cause__", None), KeyboardInterrupt):
            raise KeyboardInterrupt from None  # typer would say nothing
        raise
    except VrooliError as error:
        print_error(error, json=json)
        raise SystemExit(_code(error, verdict=verdict)) from None
    except PermissionError as error:
        # A path on the command line may lead anywhere, and each way to it through a closed folder.
        if error.filename is None:
            raise
        refused = _closed(error)
        print_error(refused, json=json)
        raise SystemExit(_code(refused, verdict=verdict)) from None


def _closed(error: PermissionError) -> VrooliError:
    return Refused(
        "this user may not get at it",
        where=os.fsdecode(error.filename),
        next_step="run as the user who may, or give this one the right",
    )


def _parsed(app: "typer.Typer") -> None:
    """With JSON asked for, what the parser refuses is said as JSON as well."""
    from typer import Abort, TyperException

    try:
        code = app(standalone_mode=False)
    except TyperException as wrong:
        context = getattr(wrong, "ctx", None)
        advice = f"`{context.command_path} --help` says what it takes" if context else ""
        print_error(UsageError(wrong.format_message(), next_step=advice), json=True)
        raise SystemExit(wrong.exit_code) from None
    except Abort:
        raise SystemExit(EXIT_FAILURE) from None
    if code:
        raise SystemExit(code)


def _code(error: VrooliError, *, verdict: bool) -> int:
    return EXIT_CODES[Status.UNKNOWN] if verdict else error.exit_code

"""Composition root of the commands: fills the kit and turns errors into words and exit codes."""

import os
import sys
from typing import TYPE_CHECKING

from vrooli.cli.app import build_autoheal, build_vrooli
from vrooli.cli.kit import Kit
from vrooli.cli.render import print_error
from vrooli.core.errors import VrooliError
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
    try:
        app()
    except OutputError:
        raise
    except VrooliError as error:
        print_error(error, json="--json" in sys.argv)
        raise SystemExit(_code(error, verdict=verdict)) from None


def _code(error: VrooliError, *, verdict: bool) -> int:
    return EXIT_CODES[Status.UNKNOWN] if verdict else error.exit_code

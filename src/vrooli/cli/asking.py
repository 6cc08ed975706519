"""Asking whoever sits at the terminal whether something is meant."""

import sys

import typer

from vrooli.cli import render
from vrooli.core.errors import EXIT_FAILURE

YES = ("y", "yes")


def require_answer(question: str, *right: str) -> None:
    """Go on only after one of the `right` answers, which are a yes when none are named.

    Raises:
        Exit: it is not meant.
    """
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in (right or YES):
        render.note("nothing was changed")
        raise typer.Exit(EXIT_FAILURE)

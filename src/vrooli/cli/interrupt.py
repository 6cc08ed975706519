"""Ctrl-C while a command is at work: what goes on without it, and what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from vrooli.cli import render

EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


@contextmanager
def interruptible(what: str, next_step: str) -> Iterator[None]:
    """Have an interruption say `what` goes on, and end the command. Whoever was interrupted may
    know better.
    """
    try:
        yield
    except KeyboardInterrupt as interrupted:
        render.note(f"\ninterrupted: {str(interrupted) or what}")
        render.advise(next_step)
        raise typer.Exit(EXIT_INTERRUPTED) from None

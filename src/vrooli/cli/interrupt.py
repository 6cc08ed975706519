"""Ctrl-C while a command is at work: what goes on without it, and what to do next."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from vrooli.cli import render

EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""

EXIT_TERMINATED = 143
"""128 + SIGTERM."""


def at_work() -> None:
    """A command begins: from now on Ctrl-C is an exception, so that what is under way is ended in
    order. Before, it ended the process (`main.entry`).
    """
    main = threading.current_thread() is threading.main_thread()
    if main and callable(signal.getsignal(signal.SIGINT)):  # else it is ignored, and stays so
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def interruptible(what: str, next_step: str, *, or_ended: bool = False) -> Iterator[None]:
    """Have an interruption say `what` goes on, and end the command. Whoever was interrupted may
    know better. `or_ended`: TERM is one as well, for what others go on with.
    """
    ended = list[int]()

    def end(number: int, _: FrameType | None) -> None:
        ended.append(number)
        raise KeyboardInterrupt

    catches = or_ended and threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, end) if catches else None
    try:
        yield
    except KeyboardInterrupt as interrupted:
        how = "this command was ended" if ended else "\ninterrupted"
        render.note(f"{how}: {str(interrupted) or what}")
        render.advise(next_step)
        raise typer.Exit(EXIT_TERMINATED if ended else EXIT_INTERRUPTED) from None
    finally:
        if catches:
            signal.signal(signal.SIGTERM, before)

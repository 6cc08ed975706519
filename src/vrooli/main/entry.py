"""Where the two commands begin. Nothing is imported before Ctrl-C is provided for: loading the
rest takes long enough to be interrupted.

Until a command is at work (`cli.interrupt.at_work`), Ctrl-C ends the process at once: an exception
would be lost where it comes in the middle of an import, which leaves some to nobody.
"""

import os
import signal
from collections.abc import Callable
from types import FrameType

EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def vrooli() -> None:
    """The command `vrooli`."""
    _provide()
    from vrooli.main.cli import main

    _to_its_end(main)


def autoheal() -> None:
    """The command `vrooli-autoheal`."""
    _provide()
    from vrooli.main.cli import autoheal as main

    _to_its_end(main)


def _provide() -> None:
    """Have SIGINT end us; whoever starts us to ignore it is obeyed. `./vrooli` holds it back until
    now: Python itself starts with a traceback for it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, b"\ninterrupted: nothing was begun\n")
    os._exit(EXIT_INTERRUPTED)


def _to_its_end(main: Callable[[], None]) -> None:
    """Whoever can say more has caught it."""
    try:
        main()
    except KeyboardInterrupt:
        os.write(2, b"\ninterrupted: it did not come to its end\n")
        raise SystemExit(EXIT_INTERRUPTED) from None

"""Where the two commands begin. Nothing is imported before Ctrl-C is provided for: loading the
rest takes long enough to be interrupted.
"""

EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def vrooli() -> None:
    """The command `vrooli`."""
    try:
        from vrooli.main.cli import main
    except KeyboardInterrupt:
        raise _interrupted("nothing was begun") from None
    try:
        main()
    except KeyboardInterrupt:
        raise _interrupted("it did not come to its end") from None


def autoheal() -> None:
    """The command `vrooli-autoheal`."""
    try:
        from vrooli.main.cli import autoheal as main
    except KeyboardInterrupt:
        raise _interrupted("nothing was begun") from None
    try:
        main()
    except KeyboardInterrupt:
        raise _interrupted("it did not come to its end") from None


def _interrupted(what: str) -> SystemExit:
    """Whoever can say more has caught it."""
    import sys

    sys.stderr.write(f"\ninterrupted: {what}\n")
    return SystemExit(EXIT_INTERRUPTED)

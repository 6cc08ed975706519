"""Where the two commands begin. Nothing is imported before Ctrl-C is provided for: loading the
rest takes long enough to be interrupted.
"""

EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def vrooli() -> None:
    """The command `vrooli`."""
    try:
        from vrooli.main.cli import main

        main()
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None


def autoheal() -> None:
    """The command `vrooli-autoheal`."""
    try:
        from vrooli.main.cli import autoheal as main

        main()
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None

"""Commands whose exit code is a verdict: 0 ok, 1 warning, 2 critical, 3 unknown or usage."""

from typing import Any

from vrooli.cli.help import HelpCommand
from vrooli.core.errors import EXIT_USAGE
from vrooli.core.status import EXIT_CODES, Status


class VerdictCommand(HelpCommand):
    """A mistake in the words must not look like a critical stack: it exits 3 instead of 2."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the words."""
        try:
            return super().make_context(*args, **kwargs)
        except Exception as error:  # the base of usage errors is private to typer
            if getattr(error, "exit_code", None) == EXIT_USAGE:
                error.exit_code = EXIT_CODES[Status.UNKNOWN]  # type: ignore[attr-defined] # see above
            raise

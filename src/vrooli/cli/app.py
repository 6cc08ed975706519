"""The two commands, put together: `vrooli` and `vrooli-autoheal`."""

from typing import Annotated

import typer

from vrooli import __version__
from vrooli.cli import autoheal, config, groups, lifecycle, logs, processes, status
from vrooli.cli.kit import Kit
from vrooli.cli.render import out

_HELP = """
Runs AI work on your own servers and keeps the whole stack alive.

Start with `vrooli up`; `vrooli status` shows how everything is.
"""

_SETTINGS = {"help_option_names": ["-h", "--help"]}

_PLAIN = {"pretty_exceptions_enable": False, "rich_markup_mode": None}
"""Loading rich takes a third of the 250 ms that `vrooli status` has; a user's mistake never shows a
traceback anyway.
"""


def build_vrooli(kit: Kit) -> typer.Typer:
    """The command `vrooli`."""
    app = typer.Typer(help=_HELP, no_args_is_help=True, context_settings=_SETTINGS)

    @app.callback()
    def common(
        version: Annotated[
            bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)
        ] = False,
    ) -> None:
        if version:
            out(f"vrooli {__version__}")
            raise typer.Exit

    for module in (lifecycle, status, logs, config, groups, processes):
        module.register(app, kit)
    return app


def build_autoheal(kit: Kit) -> typer.Typer:
    """The command `vrooli-autoheal`."""
    app = typer.Typer(
        help="The watchdog: watches and heals a stack.",
        no_args_is_help=True,
        context_settings=_SETTINGS,
    )
    autoheal.register(app, kit)
    return app

"""The two commands, put together: `vrooli` and `vrooli-autoheal`."""

from typing import Annotated

import typer

from vrooli import __version__
from vrooli.cli import (
    approval,
    autoheal,
    autoheal_actions,
    autoheal_beat,
    autoheal_boot,
    autoheal_history,
    autoheal_judgement,
    autoheal_notify,
    autoheal_selftest,
    autoheal_timeline,
    autoheal_trends,
    autoheal_uptime,
    backup,
    config,
    console,
    groups,
    host,
    job,
    key,
    lifecycle,
    login,
    logs,
    mcp,
    model,
    processes,
    recover,
    release,
    restore,
    routine,
    run,
    schedule,
    status,
    swarm,
    tool,
    user,
)
from vrooli.cli.help import App
from vrooli.cli.kit import Kit
from vrooli.cli.render import out

_HELP = """
Runs AI work on your own servers and keeps the whole stack alive.

Start with `vrooli up`; `vrooli status` shows how everything is.
"""

_SETTINGS = {"help_option_names": ["-h", "--help"]}


def _app(text: str, kit: Kit) -> typer.Typer:
    """With `kit` for the shell, which completes names by it. A user's mistake never shows a
    traceback anyway.
    """
    return App(
        help=text, context_settings={**_SETTINGS, "obj": kit}, pretty_exceptions_enable=False
    )


def _show_version(wanted: bool) -> None:
    """Runs before a missing command can be missed."""
    if wanted:
        out(f"vrooli {__version__}")
        raise typer.Exit


_Version = Annotated[
    bool,
    typer.Option(
        "--version", help="Show the version and exit.", is_eager=True, callback=_show_version
    ),
]


def build_vrooli(kit: Kit) -> typer.Typer:
    """The command `vrooli`."""
    app = _app(_HELP, kit)

    @app.callback()
    def common(version: _Version = False) -> None:
        """Options before any command."""

    for module in (
        lifecycle,
        status,
        logs,
        config,
        groups,
        backup,
        restore,
        recover,
        job,
        routine,
        run,
        swarm,
        schedule,
        approval,
        model,
        tool,
        mcp,
        login,
        user,
        key,
        host,
        release,
        processes,
        console,
    ):
        module.register(app, kit)
    return app


def build_autoheal(kit: Kit) -> typer.Typer:
    """The command `vrooli-autoheal`."""
    app = _app("The watchdog: watches and heals a stack.", kit)

    @app.callback()
    def common(version: _Version = False) -> None:
        """Options before any command."""

    for module in (
        autoheal,
        autoheal_judgement,
        autoheal_actions,
        autoheal_beat,
        autoheal_boot,
        autoheal_history,
        autoheal_uptime,
        autoheal_trends,
        autoheal_timeline,
        autoheal_selftest,
        autoheal_notify,
    ):
        module.register(app, kit)
    return app

"""`vrooli-autoheal`: the watchdog's own commands."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.autoheal_fleet import read_fleet, show_fleet
from vrooli.cli.help import with_examples
from vrooli.cli.kit import Kit, home_to_read, watchdog_of
from vrooli.cli.options import File, Json
from vrooli.cli.status import read_status, show
from vrooli.cli.verdict import VerdictCommand
from vrooli.core.status import EXIT_CODES, Status

EXIT_UNKNOWN = EXIT_CODES[Status.UNKNOWN]

_TICK_HELP = """
Look at everything that is due, or with --force at everything now.

Exit code: 0 ok, 1 warning, 2 critical, 3 unknown.

Example:

  vrooli-autoheal tick --force --json
"""


_STATUS_HELP = """
Show how everything is; with --fleet, how every host is that posts to the server.

Exit code: 0 ok, 1 warning, 2 critical, 3 unknown.

Examples:

  vrooli-autoheal status --json

  vrooli-autoheal status --fleet
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""

    @app.command(
        help=with_examples(
            "Run the watchdog in the foreground. `vrooli up` does it in the background.",
            "vrooli-autoheal loop",
        )
    )
    def loop(file: File = None) -> None:
        raise typer.Exit(kit.watch(kit.stack_file(file)))

    @app.command(help=_TICK_HELP, cls=VerdictCommand)
    def tick(
        force: Annotated[bool, typer.Option("--force", help="Look at everything now.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        seen = watchdog_of(kit, file).tick(force)
        if json:
            render.print_json(seen)
        else:
            render.out(f"verdict: {render.paint(seen['status'], seen['status'])}")
            _table(seen["checks"])
        raise typer.Exit(EXIT_CODES[Status(seen["status"])])

    @app.command(help=_STATUS_HELP, cls=VerdictCommand)
    def status(
        fleet: Annotated[
            bool, typer.Option("--fleet", help="Of all hosts that post to the server.")
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        home = home_to_read(kit, file)
        seen = read_fleet(kit, home) if fleet else read_status(kit, home)
        (show_fleet if fleet else show)(seen, json=json)
        raise typer.Exit(EXIT_CODES[Status(seen["status"])])

    @app.command(
        help=with_examples("List every check with its latest result.", "vrooli-autoheal checks")
    )
    def checks(file: File = None, json: Json = False) -> None:
        found = watchdog_of(kit, file).checks()
        render.print_json(found) if json else _table(found)


def _table(checks: list[dict[str, Any]]) -> None:
    rows = [_check_row(check) for check in checks]
    looked_at = [row for row in rows if row[1] != "-"]
    titles = ("CHECK", "STATUS", "VALUE", "MESSAGE")
    render.table(titles, looked_at + [row for row in rows if row[1] == "-"])


def _check_row(check: Mapping[str, Any]) -> tuple[str, ...]:
    result = check["result"]
    if result is None:
        return (check["id"], "unknown", "-", "not looked at yet")
    value = "-" if result["value"] is None else f"{result['value']:.4g} {result['unit']}"
    status = result["status"] if result["applicable"] else "-"
    return (check["id"], status, value, result["message"].splitlines()[0])

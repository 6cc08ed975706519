"""`vrooli host ...`: other hosts, whose watchdogs post their history to the server."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json

_ADD_HELP = """
Add a host. The token by which its watchdog posts is printed this once: it goes into a file there,
and [fleet] of its vrooli.toml names that file. Admins only.

Examples:

  vrooli host add web-1

  vrooli host add web-1 --json
"""

_LIST_HELP = """
List hosts, and when each posted last. `vrooli-autoheal status --fleet` tells how they are.

Example:

  vrooli host list
"""

_REVOKE_HELP = """
End the token of a host, at once. Its history stays; `vrooli host add` gives it another token.
Admins only.

Example:

  vrooli host revoke web-1
"""

_Host = Annotated[str, typer.Argument(help="Its name.", metavar="NAME")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Other hosts: whose watchdogs post their history here.")
    app.add_typer(group, name="host")
    _register_changes(group, kit)
    _register_list(group, kit)


def _register_changes(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_ADD_HELP)
    def add(name: _Host, file: File = None, json: Json = False) -> None:
        host = kit.fleet(home_to_change(kit, file)).add_host(name)
        if json:
            render.print_json(host)
        else:
            render.out(host["token"])
            end = f"{render.called_as()} host revoke {host['name']}"
            render.note(f"  it is not shown again; `{end}` ends it")

    @group.command(help=_REVOKE_HELP)
    def revoke(name: _Host, file: File = None, json: Json = False) -> None:
        host = kit.fleet(home_to_change(kit, file)).revoke_host(name)
        if json:
            render.print_json(host)
        else:
            render.out(f"{host['name']}: revoked; its history stays")


def _register_list(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        hosts = kit.fleet(home_to_read(kit, file)).hosts()
        if json:
            render.print_json(hosts)
        elif not hosts:
            render.note("there is none")
        else:
            titles = ("HOST", "ADDED", "BY", "LAST SEEN", "STATE", "MACHINE")
            render.table(titles, [_row(host) for host in hosts])


def _row(host: Mapping[str, Any]) -> tuple[str, ...]:
    seen = f"{render.ago(host['last_seen'])} ago" if host["last_seen"] else "never"
    state = f"revoked {render.ago(host['revoked_at'])} ago" if host["revoked_at"] else "may post"
    added = f"{render.ago(host['created_at'])} ago"
    return host["name"], added, host["created_by"], seen, state, host["machine"] or "-"

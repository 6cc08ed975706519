"""`vrooli key ...`: API keys, for programs."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.roles import checked_role

_CREATE_HELP = """
Make an API key of yours. It is printed this once; programs show it as a bearer
token, commands take it from VROOLI_API_KEY. Log in first.

Examples:

  vrooli key create nightly --role operator --days 30

  VROOLI_API_KEY_FILE=key vrooli run list
"""

_LIST_HELP = """
List your API keys, the newest first; admins see everybody's.

Example:

  vrooli key list
"""

_REVOKE_HELP = """
End an API key, at once.

Example:

  vrooli key revoke 5f0c2a9b81d3
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="API keys: for programs that use the server.")
    app.add_typer(group, name="key")
    _register_changes(group, kit)
    _register_list(group, kit)


def _register_changes(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_CREATE_HELP)
    def create(
        name: Annotated[str, typer.Argument(help="What it is for.")],
        role: Annotated[
            str,
            typer.Option(
                "--role", help="What it may do, your own role at most.", callback=checked_role
            ),
        ] = "viewer",
        days: Annotated[int, typer.Option("--days", min=1, max=366, help="How long.")] = 90,
        file: File = None,
        json: Json = False,
    ) -> None:
        key = kit.accounts(home_to_change(kit, file)).add_key(name, role, days)
        if json:
            render.print_json(key)
        else:
            render.out(key["token"])
            render.note(f"  it is not shown again; `{render.called_as()} key revoke {key['id']}`")

    @group.command(help=_REVOKE_HELP)
    def revoke(
        key: Annotated[str, typer.Argument(help="Its id.")],
        file: File = None,
        json: Json = False,
    ) -> None:
        found = kit.accounts(home_to_change(kit, file)).revoke_key(key)
        if json:
            render.print_json(found)
        else:
            render.out(f"{found['id']}: revoked ({found['name']})")


def _register_list(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        keys = kit.accounts(home_to_read(kit, file)).keys()
        if json:
            render.print_json(keys)
        elif not keys:
            render.note("there is none")
        else:
            titles = ("KEY", "NAME", "OWNER", "ROLE", "STATE", "USED")
            render.table(titles, [_row(key) for key in keys])


def _row(key: Mapping[str, Any]) -> tuple[str, ...]:
    used = f"{render.ago(key['used_at'])} ago" if key["used_at"] else "never"
    return key["id"], key["name"], key["owner"], key["role"], _state(key), used


def _state(key: Mapping[str, Any]) -> str:
    if key["revoked_at"]:
        return f"revoked {render.ago(key['revoked_at'])} ago"
    return render.time_left(key["expires_at"])

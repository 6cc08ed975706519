"""`vrooli user ...`: who may use the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render, user_budget
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.login import PlainHttp, Server, joining, keep
from vrooli.cli.options import File, Json
from vrooli.cli.roles import checked_role
from vrooli.cli.secrets import PasswordFile, secret

if TYPE_CHECKING:
    from vrooli.client.accounts import AccountsClient

_ADD_HELP = """
Add a user with a password. The first one is added by whoever owns the stack.

Examples:

  vrooli user add ann@example.org --role admin

  vrooli user add bob@example.org --password-file password
"""

_LIST_HELP = """
List the users; with --invitations those who are to become one.

Examples:

  vrooli user list

  vrooli user list --invitations
"""

_ROLE_HELP = """
Give a user another role: viewer, operator or admin. Its sessions end.

Example:

  vrooli user role bob@example.org operator
"""

_DISABLE_HELP = """
Keep a user out: its sessions end, its API keys open nothing. What it made stays.

Example:

  vrooli user disable bob@example.org
"""

_ENABLE_HELP = """
Let a user in again that was disabled.

Example:

  vrooli user enable bob@example.org
"""

_PASSWORD_HELP = """
Change your password; with an address, as an admin, that of somebody else. All other
sessions end.

Examples:

  vrooli user password

  vrooli user password bob@example.org --password-file new-password
"""

_INVITE_HELP = """
Invite somebody. The token that is printed makes them a user, once; hand it over
in confidence.

Examples:

  vrooli user invite bob@example.org --role operator

  vrooli user invite bob@example.org --days 1 --json
"""

_ACCEPT_HELP = """
Accept an invitation: its token, and a password of your own.

Examples:

  vrooli user accept --server http://127.0.0.1:3001

  vrooli user accept --token-file token --password-file password
"""

_REVOKE_HELP = """
Take an invitation back that nobody has accepted.

Example:

  vrooli user uninvite 5f0c2a9b81d3
"""

_USER_TITLES = ("EMAIL", "ROLE", "STATE", "SINCE", "THIS MONTH")
_INVITATION_TITLES = ("INVITATION", "EMAIL", "ROLE", "BY", "STATE")

Email = Annotated[str, typer.Argument(help="The address of the user.", metavar="EMAIL")]
Role = Annotated[
    str,
    typer.Option(
        "--role", help="viewer, operator or admin.", metavar="ROLE", callback=checked_role
    ),
]

OtherRole = Annotated[
    str, typer.Argument(help="The other one.", metavar="ROLE", callback=checked_role)
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Users: who may use the server, and as what.")
    app.add_typer(group, name="user")
    _register_users(group, kit)
    _register_changes(group, kit)
    _register_password(group, kit)
    _register_invitations(group, kit)
    _register_accept(group, kit)
    user_budget.register(group, kit)


def _register_users(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_ADD_HELP)
    def add(
        email: Email,
        role: Role = "viewer",
        password_file: PasswordFile = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = _to_change(kit, file)
        password = secret("password", password_file, "--password-file", twice=True)
        user = client.add_user(email, password, role)
        _show(user, f"{user['email']}: added ({user['role']})", json=json)

    @group.command("list", help=_LIST_HELP)
    def list_(
        invitations: Annotated[bool, typer.Option("--invitations", help="Those instead.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.accounts(home_to_read(kit, file))
        rows = client.invitations() if invitations else client.users()
        if json:
            render.print_json(rows)
        elif not rows:
            render.note("there is none")
        elif invitations:
            render.table(_INVITATION_TITLES, [_invitation_row(row) for row in rows])
        else:
            render.table(_USER_TITLES, [_user_row(row) for row in rows])


def _register_changes(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_ROLE_HELP)
    def role(
        email: Email,
        role: Annotated[
            str, typer.Argument(help="The other one.", metavar="ROLE", callback=checked_role)
        ],
        file: File = None,
        json: Json = False,
    ) -> None:
        user = _to_change(kit, file).change_user(email, role=role)
        _show(user, f"{user['email']}: {user['role']}", json=json)

    @group.command(help=_DISABLE_HELP)
    def disable(email: Email, file: File = None, json: Json = False) -> None:
        user = _to_change(kit, file).change_user(email, disabled=True)
        _show(user, f"{user['email']}: disabled", json=json)

    @group.command(help=_ENABLE_HELP)
    def enable(email: Email, file: File = None, json: Json = False) -> None:
        user = _to_change(kit, file).change_user(email, disabled=False)
        _show(user, f"{user['email']}: enabled", json=json)


def _register_password(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_PASSWORD_HELP)
    def password(
        email: Annotated[str | None, typer.Argument(help="Of whom.", metavar="[EMAIL]")] = None,
        old_file: Annotated[
            str | None,
            typer.Option("--old-file", help="A file with your present one.", metavar="FILE"),
        ] = None,
        password_file: PasswordFile = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = _to_change(kit, file)
        old = secret("present password", old_file, "--old-file") if email is None else ""
        new = secret("new password", password_file, "--password-file", twice=True)
        if email is not None:
            changed = client.change_user(email, password=new)
        else:
            changed = client.change_password(old, new)
            keep(kit, client.target, changed)
        said = {"email": changed["email"], "role": changed["role"]}
        _show(said, f"{said['email']}: has a new password", json=json)


def _register_invitations(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_INVITE_HELP)
    def invite(
        email: Email,
        role: Role = "viewer",
        days: Annotated[int, typer.Option("--days", min=1, max=30, help="How long it holds.")] = 7,
        file: File = None,
        json: Json = False,
    ) -> None:
        invitation = _to_change(kit, file).invite(email, role, days)
        _show(invitation, invitation["token"], json=json)
        if not json:
            render.note(f"  next: {invitation['email']} says `vrooli user accept`, within {days} d")

    @group.command(help=_REVOKE_HELP)
    def uninvite(
        invitation: Annotated[str, typer.Argument(help="Its id.")],
        file: File = None,
        json: Json = False,
    ) -> None:
        found = _to_change(kit, file).revoke_invitation(invitation)
        _show(found, f"{found['email']}: not invited any more", json=json)


def _register_accept(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_ACCEPT_HELP)
    def accept(
        server: Server = "",
        token_file: Annotated[
            str | None,
            typer.Option(
                "--token-file", help="A file with the token; - is standard input.", metavar="FILE"
            ),
        ] = None,
        password_file: PasswordFile = None,
        plain_http: PlainHttp = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = joining(kit, file, server, plain_http=plain_http)
        token = secret("token", token_file, "--token-file")
        password = secret("new password", password_file, "--password-file", twice=True)
        user = client.accept(token, password)
        _show(user, f"{user['email']}: welcome ({user['role']})", json=json)
        if not json:
            render.note(f"  next: `{render.called_as()} login {user['email']}`")


def _to_change(kit: Kit, file: Path | None) -> "AccountsClient":
    return kit.accounts(home_to_change(kit, file))


def _show(data: Mapping[str, Any], text: str, *, json: bool) -> None:
    if json:
        render.print_json(data)
    else:
        render.out(text)


def _user_row(user: Mapping[str, Any]) -> tuple[str, ...]:
    state = "disabled" if user["disabled"] else "ok"
    since = f"{render.ago(user['created_at'])} ago"
    return user["email"], user["role"], state, since, user_budget.brief(user)


def _invitation_row(invitation: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        invitation["id"],
        invitation["email"],
        invitation["role"],
        invitation["invited_by"],
        _invitation_state(invitation),
    )


def _invitation_state(invitation: Mapping[str, Any]) -> str:
    if invitation["accepted_at"]:
        return f"accepted {render.ago(invitation['accepted_at'])} ago"
    if invitation["revoked_at"]:
        return f"taken back {render.ago(invitation['revoked_at'])} ago"
    return render.time_left(invitation["expires_at"])

"""`vrooli login`, `vrooli logout`: as whom commands ask the server."""

import ipaddress
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.secrets import PasswordFile, secret
from vrooli.client.accounts import AccountsClient
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, UsageError, VrooliError

_LOGIN_HELP = """
Log in to a server. Commands that ask it do so as you, until `vrooli logout`.

The session is kept in ~/.config/vrooli/login.json, which only you can read.

Examples:

  vrooli login ann@example.org

  vrooli login ann@example.org --server http://127.0.0.1:3001 --password-file pw
"""

_LOGOUT_HELP = """
End the session that `vrooli login` began.

Examples:

  vrooli logout

  vrooli logout --everywhere      on all machines
"""

Server = Annotated[
    str,
    typer.Option(
        "--server", help="Its address, else that of the stack.", metavar="http://HOST:PORT"
    ),
]
PlainHttp = Annotated[
    bool, typer.Option("--plain-http", help="Send secrets to another machine as they are.")
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add them."""
    _register_login(app, kit)
    _register_logout(app, kit)


def _register_login(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_LOGIN_HELP)
    def login(
        email: Annotated[str, typer.Argument(help="Who you are.")],
        server: Server = "",
        password_file: PasswordFile = None,
        plain_http: PlainHttp = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = joining(kit, file, server, plain_http=plain_http)
        password = secret("password", password_file, "--password-file")
        pair = client.log_in(email, password)
        keep(kit, client.target, pair)
        said = {"email": pair["email"], "role": pair["role"], "server": str(client.target)}
        if json:
            render.print_json(said)
        else:
            render.out(f"logged in to {said['server']} as {said['email']} ({said['role']})")


def _register_logout(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_LOGOUT_HELP)
    def logout(
        everywhere: Annotated[
            bool, typer.Option("--everywhere", help="End all sessions of yours.")
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        kept = kit.login_file()
        login = kept.read()
        if login is None:
            raise UsageError(
                "nobody is logged in here", next_step="`vrooli login` begins a session"
            )
        client = kit.joining(home_to_read(kit, file), f"http://{login.server}")
        ended = 1
        if everywhere:
            ended = AccountsClient(client.target, kit.session()).log_out_everywhere()
        try:
            client.log_out(login.refresh)
        except AccessDenied:
            pass  # it was over
        except VrooliError as error:
            render.note(f"the server was not told, and the session lasts there: {error.what}")
        kept.remove()
        if json:
            render.print_json({"email": login.email, "ended": ended})
        else:
            render.out(f"{login.email}: logged out")


def joining(kit: Kit, file: Path | None, server: str, *, plain_http: bool) -> AccountsClient:
    """The API as nobody, for a secret that is about to be sent.

    Raises:
        UsageError: it would go over a network as it is.
    """
    client = kit.joining(home_to_read(kit, file), server)
    if not plain_http and not _is_here(client.target):
        raise UsageError(
            "secrets would go over the network unencrypted",
            where=str(client.target),
            next_step="use a tunnel (`ssh -L 3001:127.0.0.1:3001 HOST`), or say --plain-http",
        )
    return client


def keep(kit: Kit, server: HostPort, pair: dict[str, Any]) -> None:
    """Have the commands that follow use this session."""
    from vrooli.client.login import login_of

    kit.login_file().write(login_of(server, pair, time.time()))


def _is_here(target: HostPort) -> bool:
    try:
        return ipaddress.ip_address(target.host).is_loopback
    except ValueError:
        return target.host == "localhost"

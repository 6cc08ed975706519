"""Which server commands ask, and as whom."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vrooli.client.api import Bearer, bearer_of_file
from vrooli.client.login import LoginFile, Session
from vrooli.client.server import address_of
from vrooli.client.token import read_token
from vrooli.core.address import HostPort
from vrooli.core.errors import ConfigError, Unreachable, UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.core.stack_mark import mark_of
from vrooli.main.environment import read_environment
from vrooli.stack.builtin.server import SERVER_TOKEN, SIGNING_KEY
from vrooli.stack.model import Stack


@dataclass(frozen=True, slots=True)
class Reach:
    """A server, as whom it is asked, and of which stack it is to be; empty where any may be."""

    target: HostPort
    bearer: Bearer
    stack: str = ""


def reach(stack: Stack | None, home: Home, environment: Mapping[str, str]) -> Reach:
    """As `server_asked`. Where that is the stack's own, no other stack's may answer in its place:
    it may have come to its port first.
    """
    found = server_asked(stack, home, environment)
    if found.target != server_of(stack):
        return found
    return replace(found, stack=_mark(home))


def _mark(home: Home) -> str:
    try:
        return mark_of(read_token(home.secrets / SIGNING_KEY))
    except Unreachable:  # it never came to its start, and has no key: whoever answers is another's
        return mark_of("")
    except VrooliError:  # the stack is another user's, whom we ask as somebody with an account
        return ""


def server_asked(stack: Stack | None, home: Home, environment: Mapping[str, str]) -> Reach:
    """The server of `VROOLI_SERVER`, else of the stack, else of whoever is logged in; as the API
    key in `VROOLI_API_KEY`, else as whoever is logged in there, else with the token of the stack.

    Raises:
        UsageError: there is no such server, or nobody is logged in there.
        Unreachable: nothing was started here yet.
    """
    said, own = said_server(environment), server_of(stack)
    key = read_environment(environment, "VROOLI_API_KEY")
    if key is not None:
        bearer = Bearer(lambda: key, "the key in VROOLI_API_KEY is no good: `vrooli key create`")
        return Reach(said or own or _no_server(stack), bearer)
    file = login_file(environment)
    login = file.read()
    if login is not None and (said or own or login.server) == login.server:
        return Reach(login.server, Session(file).bearer())
    if said is not None and said != own:
        raise UsageError(
            "nobody is logged in there",
            where=str(said),
            next_step="`vrooli login`, or set VROOLI_API_KEY",
        )
    return Reach(own or _no_server(stack), bearer_of_file(home.secrets / SERVER_TOKEN))


def server_to_join(stack: Stack | None, said: str, environment: Mapping[str, str]) -> HostPort:
    """The server that somebody logs in to: as said, else that of `VROOLI_SERVER`, else the stack's.

    Raises:
        ConfigError: what is said is no address.
        UsageError: there is none.
        Unreachable: nothing was started here yet.
    """
    if said:
        return address_of(said)
    return said_server(environment) or server_of(stack) or _no_server(stack)


def said_server(environment: Mapping[str, str]) -> HostPort | None:
    """That of `VROOLI_SERVER`."""
    text = environment.get("VROOLI_SERVER")
    try:
        return address_of(text) if text else None
    except ConfigError as error:
        raise ConfigError(error.what, where="VROOLI_SERVER", next_step=error.next_step) from error


def server_of(stack: Stack | None) -> HostPort | None:
    """The first one that a stack has."""
    for service in stack.services.values() if stack is not None else ():
        if service.kind == "server" and service.port:
            return HostPort(service.host, service.port)
    return None


def login_file(environment: Mapping[str, str]) -> LoginFile:
    """Where the session of this user is kept."""
    # Not Path.home(), which fails for those who have none: nobody of them is logged in.
    base = environment.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return LoginFile(Path(base) / "vrooli" / "login.json")


def _no_server(stack: Stack | None) -> HostPort:
    if stack is None:
        raise Unreachable(
            "nothing was started here yet",
            next_step="`vrooli up`; or `vrooli login --server http://HOST:PORT` for one elsewhere",
        )
    raise UsageError(
        "this stack has no server, which does the work",
        next_step="declare it in vrooli.toml: [scenarios.server]",
    )

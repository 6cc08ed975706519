"""The way into the console: a link that signs whoever has it in, once."""

import getpass
import secrets
import socket
import time
from collections.abc import Mapping
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.core.passes import (
    ADMIN,
    CONSOLE_KEY,
    FOR_CONSOLE,
    LINK_OWNER,
    Passes,
    Person,
)
from vrooli.host.secrets import FileSecrets
from vrooli.stack.model import Service, Stack

SECONDS = 600


def console_link(stack: Stack | None, home: Home, environment: Mapping[str, str]) -> dict[str, Any]:
    """`{url, until, tunnel}`: the last is the command that leads to it from elsewhere, where this
    is a session over SSH.

    Raises:
        UsageError: this stack has no console.
        VrooliError: its key cannot be read.
    """
    console = console_of(stack)
    if console is None:
        raise UsageError(
            "this stack has no console",
            next_step="declare it in vrooli.toml: [scenarios.console]; then `vrooli up`",
        )
    key = FileSecrets(home.secrets, environment).create(CONSOLE_KEY)
    now = time.time()
    link = Passes(key, FOR_CONSOLE).make(
        Person(LINK_OWNER, ADMIN), now, SECONDS, jti=secrets.token_hex(8)
    )
    scheme = "https" if console.env.get("VROOLI_TLS_CERTIFICATE") else "http"
    return {
        "url": f"{scheme}://{console.host}:{console.port}/login?link={link}",
        "until": now + SECONDS,
        "tunnel": _tunnel(console, environment),
    }


def console_of(stack: Stack | None) -> Service | None:
    """The first one that a stack has."""
    services = stack.services.values() if stack is not None else ()
    return next((one for one in services if one.kind == "console" and one.port), None)


def _tunnel(console: Service, environment: Mapping[str, str]) -> str:
    """Of a session over SSH: sshd says to which of our addresses it came."""
    connection = environment.get("SSH_CONNECTION", "").split()
    if len(connection) != 4:
        return ""
    host = connection[2] or socket.gethostname()
    return f"ssh -L {console.port}:{console.host}:{console.port} {getpass.getuser()}@{host}"

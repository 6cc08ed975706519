"""Runs on a real server, by its typed client."""

import secrets
from typing import Any

from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.client.api import bearer_of_file
from vrooli.client.work import ENDED, WorkClient
from vrooli.core.address import HostPort


def client_of(served: Server) -> WorkClient:
    """With the server's token."""
    token = served.home / "secrets" / "operator.token"
    return WorkClient(HostPort("127.0.0.1", served.port), bearer_of_file(token))


def run_of(client: WorkClient, *do: Any, **more: Any) -> dict[str, Any]:
    """A run of a routine of its own, ended."""
    inputs = more.pop("given", {})
    name = f"kept-{secrets.token_hex(4)}"
    client.put_routine({"name": name, "do": list(do), **more})
    run = client.start(name, inputs)["id"]
    wait_for(lambda: client.run(run)["status"] in ENDED, f"the end of {run}")
    return client.run(run)

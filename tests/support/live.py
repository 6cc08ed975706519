"""Servers, runs and readers of their events."""

from contextlib import aclosing
from typing import Any

from tests.support.server import Server
from vrooli.client.live import LiveClient
from vrooli.core.address import HostPort


def live_client(server: Server, patience: float = 60.0) -> LiveClient:
    """Of a server of the tests."""
    token = server.home / "secrets" / "operator.token"
    return LiveClient(HostPort("127.0.0.1", server.port), token, patience)


async def heard(client: LiveClient, run: str, after: int = 0) -> list[dict[str, Any]]:
    """Every event of a run, by a WebSocket, until it ends."""
    found: list[dict[str, Any]] = []
    async with aclosing(client.follow({run: after})) as events:
        async for _, event in events:
            found.append(event)
            if event["run"] == run and event["kind"] in ("run.completed", "run.cancelled"):
                break
    return found


def numbers(events: list[dict[str, Any]]) -> list[int]:
    """Of the events."""
    return [event["seq"] for event in events]

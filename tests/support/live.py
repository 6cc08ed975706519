"""Servers, runs and readers of their events."""

import json
from contextlib import aclosing
from typing import Any

from tests.support.server import Server
from vrooli.client.api import bearer_of_file
from vrooli.client.live import LiveClient
from vrooli.core.address import HostPort
from vrooli.execution.live.live import Live


def live_client(server: Server, patience: float = 60.0) -> LiveClient:
    """Of a server of the tests."""
    bearer = bearer_of_file(server.home / "secrets" / "operator.token")
    return LiveClient(HostPort("127.0.0.1", server.port), bearer, patience)


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


async def told_in(live: Live, run: str) -> list[dict[str, Any]]:
    """All events of the tree of a run so far."""
    place = await live.store.place(run)
    return [json.loads(event.text) for event in await live.store.after(place.root, 0, 1000)]

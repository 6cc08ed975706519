"""Live views when their server ends, and how many requests one caller may send."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.support.live import live_client, numbers
from tests.support.server import Server, server_process

DRAIN = 600.0
"""Seconds that the server waits for requests in flight: longer than the test waits for its end."""


def waiting_run(server: Server) -> str:
    """One that waits for an hour."""
    step = {"step": "stay", "wait": {"seconds": 3600}}
    definition = {"name": "stay", "do": [step]}
    assert server.post("/api/v1/routines", json=definition).status_code == 200
    return str(server.post("/api/v1/runs", json={"routine": "stay"}).json()["id"])


async def test_a_server_does_not_wait_for_those_who_watch_and_they_go_on_when_it_is_back(
    dsn: str, tmp_path: Path
) -> None:
    with server_process(tmp_path, dsn, DRAIN_SECONDS=f"{DRAIN:g}") as server:
        server.wait("/health")
        run = waiting_run(server)
        client = live_client(server)
        first, last = asyncio.Event(), asyncio.Event()
        reader = asyncio.create_task(_read(client.events(run), first, last))
        async with connect(
            f"ws://127.0.0.1:{server.port}/ws", additional_headers=server.headers
        ) as socket:
            assert '"ready"' in str(await socket.recv())
            await first.wait()
            assert await asyncio.to_thread(server.stop) == 0
            with pytest.raises(ConnectionClosed) as ended:
                await socket.recv()
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 1012
        server.start()
        await asyncio.to_thread(server.wait, "/health")
        await asyncio.to_thread(server.post, f"/api/v1/runs/{run}/cancel")
        await last.wait()
        assert numbers(await reader) == [1, 2, 3, 4]
        assert "Traceback" not in server.log


async def _read(
    events: AsyncIterator[dict[str, Any]], first: asyncio.Event, last: asyncio.Event
) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    async for event in events:
        seen.append(event)
        first.set()
    last.set()
    return seen


def test_one_caller_may_send_so_many_requests(dsn: str, tmp_path: Path) -> None:
    with server_process(tmp_path, dsn, VROOLI_RATE="0.5") as server:
        server.wait("/health")
        with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
            answers = [client.get("/api/v1/routines") for _ in range(12)]
            refused = answers[-1]
            assert refused.status_code == 429
            assert int(refused.headers["Retry-After"]) >= 1
            assert refused.headers["X-Content-Type-Options"] == "nosniff"
            assert client.get("/health/live").status_code == 200

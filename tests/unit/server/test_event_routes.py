"""What whoever reads events is told when it may read no more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from vrooli.execution.live.events import Event, EventStore, Place
from vrooli.execution.live.live import Live
from vrooli.server.accounts.roles import Caller, Role
from vrooli.server.auth import Access
from vrooli.server.routes.events import event_routes
from vrooli.server.staying import OVER
from vrooli.server.token_file import TokenFile

ANN = Caller("ann@example.org", Role.VIEWER, "1", session="s")


class Silent(EventStore):
    """A run in which nothing happens."""

    def __init__(self) -> None:
        pass

    async def place(self, run: str) -> Place:
        return Place("tree", "running")

    async def after(self, root: str, seq: int, limit: int) -> list[Event]:
        return []

    async def latest(self, root: str, limit: int) -> list[Event]:
        return []


class SendsAway:
    """Everybody may begin, and nobody stays."""

    async def caller(self, token: str) -> Caller | None:
        return ANN

    async def may_see(self, caller: Caller, run: str) -> bool:
        return True

    @contextmanager
    def stay(self, caller: Caller, token: str, over: Callable[[], None]) -> Iterator[None]:
        assert (caller, token) == (ANN, "of-ann")
        over()
        yield


async def owner(run: str) -> str:
    return ANN.name


@pytest.fixture
def http(tmp_path: Path) -> httpx.AsyncClient:
    sight, app = SendsAway(), FastAPI()
    app.state.access = Access(TokenFile(tmp_path / "none"), sight.caller, owner)
    app.include_router(event_routes(Live(Silent()), sight))
    headers = {"Authorization": "Bearer of-ann"}
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://s/api/v1", headers=headers)


async def test_a_request_that_waits_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.get("/runs/r/events", params={"wait": 30})
    assert (answer.status_code, answer.json()["detail"]) == (401, OVER)


async def test_a_stream_ends_with_an_event_that_is_none_of_the_run(http: httpx.AsyncClient) -> None:
    answer = await http.get("/runs/r/events", headers={"Accept": "text/event-stream"})
    last = f'event: over\ndata: {{"code": "unauthorized", "detail": "{OVER}"}}\n\n'
    assert answer.text == f":\n\n{last}"

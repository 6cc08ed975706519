"""Streams that are open when their session or key is over: they end within seconds."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.people import Person, ask
from tests.support.runs import client_of
from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.client.api import Bearer
from vrooli.client.live import LiveClient
from vrooli.client.swarms import SwarmClient
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, UsageError
from vrooli.server.staying import OVER

Way = Callable[[Server, Person, dict[str, Any]], None]


def logged_out(served: Server, person: Person, shown: dict[str, Any]) -> None:
    ask(served, person.pair()["access_token"], "POST", "/auth/logout-everywhere")


def disabled(served: Server, person: Person, shown: dict[str, Any]) -> None:
    person.change(disabled=True)


def lowered(served: Server, person: Person, shown: dict[str, Any]) -> None:
    person.change(role="viewer")


def lowered_behind_a_key(served: Server, person: Person, shown: dict[str, Any]) -> None:
    person.change(role="viewer")


def revoked(served: Server, person: Person, shown: dict[str, Any]) -> None:
    assert ask(served, served.token, "DELETE", f"/keys/{shown['id']}").status_code == 200


@pytest.fixture(scope="module")
def run(served: Server) -> str:
    """One that waits for an hour, of the operator: admins see it."""
    client = client_of(served)
    client.put_routine({"name": "stay", "do": [{"step": "stay", "wait": {"seconds": 3600}}]})
    return str(client.start("stay", {})["id"])


async def socket(stack: AsyncExitStack, served: Server, token: str) -> ClientConnection:
    """One that follows everything, whose token came as its first word."""
    url = f"ws://127.0.0.1:{served.port}/ws"
    found = await stack.enter_async_context(connect(url))
    await found.send(f'{{"op":"auth","token":"{token}"}}')
    assert "ready" in str(await found.recv())
    await found.send('{"op":"subscribe"}')
    assert "subscribed" in str(await found.recv())
    return found


def reader(served: Server, token: str) -> LiveClient:
    return LiveClient(HostPort("127.0.0.1", served.port), Bearer(lambda: token))


async def reading(client: LiveClient, run: str, begun: asyncio.Event) -> list[str]:
    """The kinds of all events that come."""
    found = []
    async with aclosing(client.events(run)) as events:
        async for event in events:
            found.append(event["kind"])
            begun.set()
    return found


@pytest.mark.parametrize("way", [logged_out, disabled, lowered, lowered_behind_a_key, revoked])
async def test_they_end_and_those_of_others_go_on(served: Server, run: str, way: Way) -> None:
    person = await asyncio.to_thread(Person, served, "admin")
    key = await asyncio.to_thread(person.new_key, role="admin")
    pair = await asyncio.to_thread(person.pair)
    by_key = way in (revoked, lowered_behind_a_key)
    token = key["token"] if by_key else pair["access_token"]
    begun = asyncio.Event()
    async with AsyncExitStack() as stack:
        theirs, mine = [await socket(stack, served, one) for one in (token, served.token)]
        stream = asyncio.create_task(reading(reader(served, token), run, begun))
        await begun.wait()
        await asyncio.to_thread(way, served, person, key)
        with pytest.raises(ConnectionClosed) as closed:
            await theirs.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4401, OVER)
        with pytest.raises(AccessDenied, match=OVER):
            await stream
        await mine.send('{"op":"ping"}')
        assert "pong" in str(await mine.recv())


@pytest.fixture(scope="module")
def swarm(served: Server) -> str:
    """One of the operator, which waits for a person."""
    client = SwarmClient(HostPort("127.0.0.1", served.port), Bearer(lambda: served.token))
    plan = [{"task": "look", "person": "Look"}]
    client.put_swarm({"name": "stays", "goal": "look", "plan": plan})
    run = str(client.start("stays", {})["id"])
    wait_for(lambda: client.swarm(run)["swarm"], "it has begun")
    return run


@pytest.mark.parametrize("way", [lowered, disabled])
async def test_the_topic_of_a_swarm_tells_nobody_who_may_not_see_it_any_more(
    served: Server, swarm: str, way: Way
) -> None:
    """Nor does it when they ask again; who may goes on being told."""
    person = await asyncio.to_thread(Person, served, "admin")
    token = (await asyncio.to_thread(person.pair))["access_token"]
    after, told = await asyncio.to_thread(_last, served, swarm), dict[str, list[str]]()
    each = {one: asyncio.Event() for one in (token, served.token)}
    theirs, mine = [
        asyncio.create_task(_told(served, one, (swarm, after), told.setdefault(one, []), begun))
        for one, begun in each.items()
    ]
    for begun in each.values():
        await begun.wait()
    await asyncio.to_thread(way, served, person, {})
    with pytest.raises(AccessDenied, match=OVER):
        await theirs
    message = (served.token, "POST", f"/swarms/{swarm}/messages", {"text": "hurry"})
    await asyncio.to_thread(ask, served, *message)
    await mine
    assert list(told.values()) == [[], ["signal.sent"]]
    with pytest.raises((AccessDenied, UsageError)):
        await _told(served, token, (swarm, after), [], asyncio.Event())


async def _told(
    served: Server, token: str, place: tuple[str, int], told: list[str], begun: asyncio.Event
) -> None:
    """The kind of the first event that comes."""
    async with reader(served, token).connect() as socket:
        await socket.subscribe(*place)
        begun.set()
        _, event = await anext(aiter(socket))
        told.append(event["kind"])


def _last(served: Server, run: str) -> int:
    """Number of its newest event."""
    return int(client_of(served).latest_events(run, 1)[-1]["seq"])

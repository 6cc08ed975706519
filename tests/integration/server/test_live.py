"""Runs followed live, on two servers that share a PostgreSQL."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from tests.support.live import heard, live_client, numbers
from tests.support.people import Person, ask
from tests.support.postgres import Postgres
from tests.support.server import Server, server_process
from tests.support.waiting import wait_for
from tests.support.work import with_tables
from vrooli.client.api import Bearer, bearer_of_file
from vrooli.client.live import LiveClient, LiveSocket
from vrooli.core.errors import AccessDenied, UsageError

COUNT = 300


@pytest.fixture(scope="module")
def pair(
    cluster: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """Two servers on one database."""
    dsn = with_tables(cluster)
    homes = [tmp_path_factory.mktemp(name) for name in ("a", "b")]
    with server_process(homes[0], dsn) as one, server_process(homes[1], dsn) as other:
        one.wait("/health")
        other.wait("/health")
        yield one, other


@pytest.fixture(scope="module")
def routine(pair: tuple[Server, Server]) -> str:
    """Hands on its numbers, one after the other."""
    step = {"step": "one", "value": {"n": "${item}"}}
    body = {"map": "each", "over": "${inputs.numbers}", "at_most": 1, "do": [step]}
    definition = {"name": "count", "inputs": {"type": "object"}, "do": [body]}
    assert pair[0].post("/api/v1/routines", json=definition).status_code == 200
    return "count"


def start(server: Server, routine: str, count: int = COUNT) -> str:
    """A run of so many steps; its id."""
    body = {"routine": routine, "inputs": {"numbers": list(range(count))}}
    answer = server.post("/api/v1/runs", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def completed(server: Server, run: str) -> str:
    """The run, which has ended."""
    wait_for(lambda: server.get(f"/api/v1/runs/{run}").json()["status"] == "completed", run)
    return run


async def test_what_one_server_writes_the_other_tells_each_event_once(
    pair: tuple[Server, Server], routine: str
) -> None:
    """Readers begin before, in the middle and at the end, by both ways."""
    one, other = pair
    run = start(one, routine)
    by_socket = [asyncio.create_task(heard(live_client(server), run)) for server in pair]
    by_stream = asyncio.create_task(_streamed(other, run))
    first = await asyncio.gather(*by_socket, by_stream)
    late = await heard(live_client(other), run, 17)
    whole = list(range(1, COUNT + 3))
    assert [numbers(events) for events in first] == [whole] * 3
    assert first[0] == first[1] == first[2]
    assert numbers(late) == whole[17:]


def _status(url: str, headers: dict[str, str]) -> int:
    return httpx.get(url, headers=headers).status_code


async def _streamed(server: Server, run: str, after: int = 0) -> list[dict[str, Any]]:
    return [event async for event in live_client(server).events(run, after)]


async def test_a_stream_goes_on_after_the_last_event_that_came(
    pair: tuple[Server, Server], routine: str
) -> None:
    one, other = pair
    run = start(one, routine)
    seen: list[dict[str, Any]] = []
    while len(seen) < 200:  # leaves again and again
        last = seen[-1]["seq"] if seen else 0
        async with aclosing(live_client(other).events(run, last)) as events:
            async for event in events:
                seen.append(event)
                if len(seen) % 40 == 0:
                    break
    path = f"/api/v1/runs/{run}/events"
    headers = {**other.headers, "Accept": "text/event-stream", "Last-Event-ID": "200"}
    with httpx.stream("GET", other.url + path, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        ids = [int(line[4:]) for line in answer.iter_lines() if line.startswith("id: ")]
    assert numbers(seen) == list(range(1, 201))
    assert ids == list(range(201, COUNT + 3))
    headers["Last-Event-ID"] = str(COUNT + 2)
    assert _status(other.url + path, headers) == 204
    assert await _streamed(other, run, COUNT + 2) == []


async def test_a_lost_connection_for_notices_loses_no_event(
    pair: tuple[Server, Server], routine: str, cluster: Postgres
) -> None:
    one, other = pair
    run = start(one, routine, 600)
    reader = asyncio.create_task(heard(live_client(other), run))
    kill = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = 'vrooli-listen'"
    )
    killed = 0
    while not reader.done():
        killed += int(cluster.sql(kill))
        await asyncio.sleep(0.2)
    assert killed >= 1
    assert numbers(await reader) == list(range(1, 603))


def test_a_process_listens_on_one_connection(
    pair: tuple[Server, Server], cluster: Postgres
) -> None:
    def listening() -> bool:
        database = pair[0].env["DATABASE_URL"].rpartition("/")[2]
        query = (
            "SELECT count(*), count(DISTINCT application_name) FROM pg_stat_activity "
            f"WHERE datname = '{database}' AND application_name LIKE 'vrooli-listen%'"
        )
        return cluster.sql(query) == "2|1"

    wait_for(listening, "each of the two servers listens once")


async def test_who_follows_everything_is_told_of_new_runs_and_of_those_under_way(
    pair: tuple[Server, Server], routine: str
) -> None:
    one, other = pair
    completed(one, start(one, routine, 1))
    under_way = start(one, routine, 800)
    async with live_client(other).connect() as socket:
        await socket.subscribe_all()
        new = [start(server, routine, 20) for server in (one, other, one)]
        told = await _until_ended(socket, {*new, under_way})
    assert set(told) == {*new, under_way}
    for run in new:
        assert numbers(told[run]) == list(range(1, 23))
    first = told[under_way][0]["seq"]
    assert numbers(told[under_way]) == list(range(first, 803))


async def _until_ended(socket: LiveSocket, runs: set[str]) -> dict[str, list[dict[str, Any]]]:
    told: dict[str, list[dict[str, Any]]] = {}
    async for root, event in socket:
        told.setdefault(root, []).append(event)
        if event["kind"] == "run.completed":
            runs = runs - {root}
            if not runs:
                break
    return told


async def test_subscriptions_are_refused_with_a_reason_and_can_end(
    pair: tuple[Server, Server], routine: str
) -> None:
    one, other = pair
    run = completed(one, start(one, routine, 1))
    async with live_client(other).connect() as socket:
        with pytest.raises(UsageError, match="there is no run"):
            await socket.subscribe("nosuch")
        assert (await socket.subscribe(run))["status"] == "completed"
        with pytest.raises(UsageError, match="followed already"):
            await socket.subscribe(run)
        with pytest.raises(UsageError, match="either runs"):
            await socket.subscribe_all()
        await socket.unsubscribe(run)
        await socket.subscribe(run, 1)
        seen = []
        async for _, event in socket:
            seen.append(event["seq"])
            if event["kind"] == "run.completed":
                break
    assert seen[-2:] == [2, 3]


@pytest.mark.parametrize("said", ["", "[]", '{"op":"nosuch"}', '{"op":"subscribe","run":7}'])
async def test_what_is_no_word_is_told_and_ends_nothing(
    pair: tuple[Server, Server], said: str
) -> None:
    async with connect(_socket(pair[0]), additional_headers=pair[0].headers) as socket:
        assert '"ready"' in str(await socket.recv())
        await socket.send(said)
        assert '"bad_request"' in str(await socket.recv())
        await socket.send('{"op":"ping"}')
        assert '"pong"' in str(await socket.recv())


def _socket(server: Server) -> str:
    return f"ws://127.0.0.1:{server.port}/ws"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic x"])
async def test_a_wrong_header_opens_no_socket(pair: tuple[Server, Server], header: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(_socket(pair[0]), additional_headers={"Authorization": header})
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["Cache-Control"] == "no-store"
    assert refused.value.response.headers["Content-Type"] == "application/problem+json"


async def test_a_page_of_another_site_may_not_connect(pair: tuple[Server, Server]) -> None:
    one = pair[0]
    with pytest.raises(InvalidStatus) as refused:
        await connect(
            _socket(one), additional_headers=one.headers, origin=Origin("http://evil.example")
        )
    assert refused.value.response.status_code == 403
    own = Origin(f"http://127.0.0.1:{one.port}")
    async with connect(_socket(one), additional_headers=one.headers, origin=own) as socket:
        assert '"ready"' in str(await socket.recv())


async def test_a_browser_says_who_it_is_by_its_first_word_and_never_in_the_address(
    pair: tuple[Server, Server],
) -> None:
    one = pair[0]
    async with connect(_socket(one)) as socket:
        await socket.send(f'{{"op":"auth","token":"{one.token}"}}')
        assert '"ready"' in str(await socket.recv())
    for first in ('{"op":"auth","token":"wrong"}', '{"op":"subscribe"}', "nonsense"):
        async with connect(f"{_socket(one)}?token={one.token}") as socket:
            await socket.send(first)
            with pytest.raises(ConnectionClosed) as ended:
                await socket.recv()
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 4401


async def test_a_message_that_is_too_large_ends_the_connection(
    pair: tuple[Server, Server],
) -> None:
    async with connect(_socket(pair[0]), additional_headers=pair[0].headers) as socket:
        assert '"ready"' in str(await socket.recv())
        await socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as ended:
            await socket.recv()
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1009


async def test_a_replaced_token_is_refused_by_the_client_as_such(
    pair: tuple[Server, Server],
) -> None:
    one = pair[0]
    client = live_client(one)
    (one.home / "secrets" / "operator.token").write_text("another", encoding="utf-8")
    try:
        one.write_token()
        (one.home / "wrong").write_text("wrong", encoding="utf-8")
        wrong = type(client)(client.target, bearer_of_file(one.home / "wrong"))
        with pytest.raises(AccessDenied):
            async with wrong.connect():
                pass
    finally:
        one.write_token()


async def test_who_is_no_admin_follows_its_own_runs_and_no_others(
    pair: tuple[Server, Server], routine: str
) -> None:
    one, other = pair
    token = str(Person(one).new_key(role="operator")["token"])
    theirs = completed(one, start(one, routine, 1))
    her = LiveClient(live_client(other).target, Bearer(lambda: token), 5.0)
    with pytest.raises(UsageError, match="there is no run"):
        await anext(her.events(theirs))
    assert ask(other, token, "GET", f"/runs/{theirs}/events?wait=20").status_code == 404
    async with her.connect() as socket:
        with pytest.raises(UsageError, match="there is no run"):
            await socket.subscribe(theirs)
    async with her.connect() as socket:
        await socket.subscribe_all()
        completed(one, start(one, routine, 1))
        body = {"routine": routine, "inputs": {"numbers": [1]}}
        own = str(ask(one, token, "POST", "/runs", body).json()["id"])
        assert set(await _until_ended(socket, {own})) == {own}
    assert numbers([event async for event in her.events(own)]) == [1, 2, 3]
    async with live_client(other).connect() as socket:  # an admin sees all
        assert (await socket.subscribe(own))["status"] == "completed"
    async with connect(_socket(other)) as socket:
        await socket.send(f'{{"op":"auth","token":"{token}"}}')
        assert '"ready"' in str(await socket.recv())

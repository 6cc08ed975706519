"""What a model says just now, heard at the server that asks it and at another one."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import live_client, numbers
from tests.support.openai_server import (
    OpenAIServer,
    Reply,
    openai_server,
    says,
    stops,
    waits,
    words,
)
from tests.support.postgres import Postgres
from tests.support.server import Server, server_process
from tests.support.terminal import on_terminal
from tests.support.work import with_tables

FIRST, REST = "Once upon a time", " there was a server."
LLM = {"model": "house:fake", "prompt": "Tell."}


@pytest.fixture
async def speaking() -> AsyncIterator[tuple[OpenAIServer, str]]:
    async with openai_server() as both:
        yield both


@pytest.fixture
def pair(
    cluster: Postgres, tmp_path: Path, speaking: tuple[OpenAIServer, str]
) -> Iterator[tuple[Server, Server]]:
    """One works and asks the model; the other one only answers."""
    dsn = with_tables(cluster)
    homes = [tmp_path / name for name in ("a", "b")]
    for home in homes:
        home.mkdir()
    provider = f'[providers.house]\nbase_url = "{speaking[1]}"'
    with (
        server_process(homes[0], dsn, VROOLI_MODELS=provider) as one,
        server_process(homes[1], dsn, VROOLI_SLOTS="0") as other,
    ):
        one.wait("/health")
        other.wait("/health")
        yield one, other


class Ear:
    """Somebody who watches a run."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.text = ""
        self.heard = asyncio.Event()

    def take(self, event: dict[str, Any]) -> bool:
        """Whether the run has ended."""
        if "seq" in event:
            self.events.append(event)
            return str(event["kind"]) == "run.completed"
        assert (event["kind"], event["path"]) == ("model.text", "tale/model[1]")
        assert event["from"] == len(self.text), "no gap, and nothing twice"
        self.text += event["text"]
        if self.text == FIRST:
            self.heard.set()
        return False

    async def by_stream(self, server: Server, run: str) -> None:
        async with aclosing(live_client(server).events(run, texts=True)) as events:
            async for event in events:
                if self.take(event):
                    return

    async def by_socket(self, server: Server, run: str) -> None:
        async with live_client(server).connect() as socket:
            await socket.subscribe(run, texts=True)
            async for _, event in socket:
                if self.take(event):
                    return


async def test_it_is_heard_everywhere_and_whole_in_the_end(
    pair: tuple[Server, Server], speaking: tuple[OpenAIServer, str]
) -> None:
    one, other = pair
    go_on, begin = asyncio.Event(), asyncio.Event()
    speaking[0].answers(waits_then(begin, go_on), says("never"))
    definition = {"name": "tale", "do": [{"step": "tale", "llm": LLM}]}
    await asyncio.to_thread(one.post, "/api/v1/routines", json=definition)
    started = await asyncio.to_thread(one.post, "/api/v1/runs", json={"routine": "tale"})
    run = started.json()["id"]
    ears = [Ear() for _ in range(4)]
    deaf = Ear()
    async with asyncio.TaskGroup() as group, asyncio.timeout(60):
        group.create_task(ears[0].by_stream(one, run))
        group.create_task(ears[1].by_stream(other, run))
        group.create_task(ears[2].by_socket(one, run))
        group.create_task(ears[3].by_socket(other, run))
        group.create_task(_without(deaf, other, run))
        for ear in (*ears, deaf):
            while not ear.events:  # noqa: ASYNC110 -- each of them is there
                await asyncio.sleep(0.01)
        begin.set()
        for ear in ears:
            await ear.heard.wait()
        go_on.set()
    assert [FIRST in ear.text for ear in ears] == [True] * 4
    assert deaf.text == "", "who does not ask is not told"
    for ear in (*ears, deaf):
        assert numbers(ear.events) == list(range(1, len(ear.events) + 1))
    (step,) = [
        one
        for one in (await asyncio.to_thread(one.get, f"/api/v1/runs/{run}/steps")).json()["steps"]
        if one["path"] == "tale"
    ]
    assert step["output"]["text"] == FIRST + REST
    await _on_a_terminal(other, one, speaking[0])


async def _on_a_terminal(server: Server, working: Server, model: OpenAIServer) -> None:
    """It speaks until somebody has seen it."""
    seen = asyncio.Event()
    model.answers(speaks_until(seen))
    started = await asyncio.to_thread(working.post, "/api/v1/runs", json={"routine": "tale"})
    command = [sys.executable, "-m", "vrooli", "run", "watch", started.json()["id"]]
    env = {**os.environ, "VROOLI_SERVER": server.url, "VROOLI_API_KEY": server.token}
    loop = asyncio.get_running_loop()

    def seeing(text: bytes) -> None:
        if "… and so on and so on".encode() in text:
            loop.call_soon_threadsafe(seen.set)

    watching = partial(on_terminal, 100, command, env, server.home, errors=True, seeing=seeing)
    lines = await asyncio.to_thread(watching)
    assert any("tale" in line and "… and so on" in line for line in lines)


async def _without(ear: Ear, server: Server, run: str) -> None:
    async with aclosing(live_client(server).events(run)) as events:
        async for event in events:
            if ear.take(event):
                return


def speaks_until(seen: asyncio.Event) -> Reply:
    """The same again and again."""

    async def more(writer: asyncio.StreamWriter, streamed: bool) -> None:
        while not seen.is_set():
            await asyncio.sleep(0.1)
            await words(writer, "and so on ")
        await waits(seen, "to its end.")(writer, streamed)

    return stops("", more)


def waits_then(begin: asyncio.Event, go_on: asyncio.Event) -> Reply:
    """The first words when all listen; the rest when all have heard them."""

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        await begin.wait()
        await stops(FIRST, waits(go_on, REST))(writer, streamed)

    return answer

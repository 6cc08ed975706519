"""A worker that is killed in the middle of a step with many requests to a model."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.leftovers import living
from tests.support.mcp_servers import calls as made
from tests.support.mcp_servers import command
from tests.support.openai_server import OpenAIServer, Reply, calls, hangs, openai_server, says
from tests.support.until import until
from tests.support.waiting import eventually
from tests.support.work import WorkDatabase

ROOT = Path(__file__).parents[3]
CALLS = 6
ROUTINE = {
    "name": "test",
    "do": [
        {
            "step": "answer",
            "llm": {
                "model": "house:fake",
                "prompt": "Write six files.",
                "tools": ["write_file"],
                "strategy": "reasoning",
            },
        }
    ],
}


def answered(asked: dict[str, Any]) -> int:
    """How many tool calls the model was told the end of."""
    return sum(one["role"] == "tool" for one in asked["messages"])


def agent(asked: dict[str, Any]) -> Reply:
    """One file after the other, and then a word."""
    number = answered(asked)
    if number == CALLS:
        return says("six files")
    return calls(("write_file", {"path": f"{number}.md", "text": "x"}), ids=f"call{number}")


@pytest.fixture
async def work(work_dsn: str) -> AsyncIterator[WorkDatabase]:
    work = WorkDatabase(work_dsn)
    yield work
    await work.close()


@contextmanager
def worker(dsn: str, url: str, folder: Path, mcp: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "tests.support.llm_process", dsn, url, str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "VROOLI_MCP": mcp})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_no_request_that_was_answered_and_no_call_that_was_made_is_repeated(
    work: WorkDatabase, tmp_path: Path
) -> None:
    await work.create("r", await work.define(ROUTINE))
    async with openai_server() as (server, url):
        server.choose = lambda asked: hangs() if answered(asked) == 4 else agent(asked)
        with worker(work.dsn, url, tmp_path) as first:
            await eventually(lambda: _asked(server, 5), "its fifth request")
            first.kill()
            first.wait()
        before = list(server.asked)
        server.choose = agent
        await work.expire()
        with worker(work.dsn, url, tmp_path):
            await eventually(lambda: _ended(work), "its end")
    assert [answered(one) for one in before] == [0, 1, 2, 3, 4]
    assert [answered(one) for one in server.asked[5:]] == [4, 5, 6]
    assert server.asked[5] == server.asked[4], "the one without an answer, as it was"
    ((status, output),) = await work.fetch("SELECT status, output->>'text' FROM runs")
    assert (status, output) == ("completed", "six files")
    rows = await work.fetch("SELECT path, attempt, status FROM steps ORDER BY n")
    notes = [f"answer/{kind}[{n}]" for n in range(1, 7) for kind in ("model", "tool")]
    # The beginning of a step that takes long is told after a moment, before what it notes by then.
    inside = [row for row in rows if row[0] != "answer"]
    assert inside == [(path, 1, "completed") for path in (*notes, "answer/model[7]")]
    assert ("answer", 1, "completed") in rows


def buyer(asked: dict[str, Any]) -> Reply:
    """Three orders, one after the other, and then a word."""
    number = answered(asked)
    if number == 3:
        return says("bought")
    return calls(("shop_order", {"thing": f"thing {number}"}), ids=f"call{number}")


async def test_no_order_that_was_made_at_an_mcp_server_is_repeated(
    work: WorkDatabase, tmp_path: Path
) -> None:
    """The program of the worker that was killed is gone, with its folder."""
    seen = tmp_path / "seen"
    mcp = json.dumps({"shop": {"command": command(seen), "tools": ["order"]}})
    llm = {"model": "house:fake", "prompt": "Buy.", "strategy": "reasoning", "mcp": ["shop"]}
    definition = {"name": "test", "do": [{"step": "answer", "llm": llm}]}
    await work.create("r", await work.define(definition))
    async with openai_server() as (server, url):
        server.choose = lambda asked: hangs() if answered(asked) == 2 else buyer(asked)
        with worker(work.dsn, url, tmp_path, mcp) as first:
            await eventually(lambda: _asked(server, 3), "its third request")
            first.kill()
            first.wait()
        (program,) = {one["pid"] for one in made(seen)}
        await until(lambda: not living(program))
        server.choose = buyer
        await work.expire()
        with worker(work.dsn, url, tmp_path, mcp):
            await eventually(lambda: _ended(work), "its end")
    ((status, output),) = await work.fetch("SELECT status, output->>'text' FROM runs")
    assert (status, output) == ("completed", "bought")
    assert [one["thing"] for one in made(seen)] == ["thing 0", "thing 1", "thing 2"]
    assert [answered(one) for one in server.asked] == [0, 1, 2, 2, 3]
    rows = await work.fetch("SELECT path FROM steps WHERE path LIKE 'answer/%' ORDER BY n")
    notes = ["mcp:shop", "model[1]", "tool[1]", "model[2]", "tool[2]", "model[3]", "tool[3]"]
    assert [path for (path,) in rows] == [f"answer/{one}" for one in (*notes, "model[4]")]


async def _asked(server: OpenAIServer, times: int) -> bool:
    return len(server.asked) >= times


async def _ended(work: WorkDatabase) -> bool:
    return await work.status("r") in ("completed", "failed")

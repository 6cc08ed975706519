"""A model that uses the tools of MCP servers, started as programs or found at an address."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.mcp_servers import SECRET, at_an_address, calls, declared, program
from tests.support.openai_server import OpenAIServer, Reply, openai_server, refuses, says
from tests.support.openai_server import calls as uses
from tests.support.steps import call, failure, output, tools
from tests.support.tiny_server import Asked, serving
from vrooli.execution.executor import StepExecutor
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Provider
from vrooli.execution.mcp.servers import McpServers
from vrooli.execution.step_type import StepTools
from vrooli.flow.entries import Begun, Entry, Finished
from vrooli.flow.journal import Journal, Written
from vrooli.flow.notes import Notebook
from vrooli.host.clock import SystemClock
from vrooli.host.memory.journal import MemoryJournals
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.stack.mcp import McpServer


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    seen = tmp_path_factory.mktemp("mcp") / "seen"
    with at_an_address(seen) as url:
        yield url, seen


@pytest.fixture
async def both() -> AsyncIterator[tuple[OpenAIServer, str]]:
    async with openai_server() as found:
        yield found


def given(url: str, mcp: McpServers) -> StepTools:
    settings = ModelSettings({"house": Provider("house", "openai", url)})
    clock = SystemClock()
    return tools(models=Models(settings, MemorySecrets(), clock), clock=clock, mcp=mcp)


async def executed(given: StepTools, *servers: str, journal: Journal | None = None) -> Finished:
    """One attempt, after those that the journal holds."""
    journal = journal or await MemoryJournals().claim("run-1")
    book = Notebook("run-1", journal, given.clock)
    await book.read()
    arguments = {"model": "house:fake", "prompt": "Buy.", "mcp": list(servers or ("shop",))}
    return await StepExecutor("run-1", given, book.of).execute(call("llm", arguments), 0.0)


def told(server: OpenAIServer) -> list[str]:
    """What the model was told that its tools came to."""
    return [one["content"] for one in server.asked[-1]["messages"] if one["role"] == "tool"]


def buying(asked: dict[str, Any]) -> Reply:
    """Looks at a price, orders twice, and says so."""
    number = sum(one["role"] == "tool" for one in asked["messages"])
    steps = (("price", "nail"), ("order", "nail"), ("order", "nail"))
    if number == len(steps):
        return says("bought")
    tool, thing = steps[number]
    return uses((f"shop_{tool}", {"thing": thing}), ids=f"call{number}")


class Mortal:
    """A journal whose process may die at one of its writes, just before it or just after.

    Attributes:
        left: writes until then; 0 for ever.
        after: whether that one is still written.
        begun: paths of what was begun.
    """

    def __init__(self, journal: Journal, left: int = 0, after: bool = False) -> None:
        self._journal, self.left, self.after = journal, left, after
        self.begun: list[str] = []

    async def read(self) -> Any:
        return await self._journal.read()

    async def write(self, entry: Entry) -> Written:
        self.left -= 1
        if isinstance(entry, Begun):
            self.begun.append(entry.path)
        if self.left == 0:
            if self.after:
                await self._journal.write(entry)
            raise asyncio.CancelledError
        return await self._journal.write(entry)


async def test_the_tools_of_a_program_and_its_end(
    both: tuple[OpenAIServer, str], tmp_path: Path
) -> None:
    server, url = both
    seen = tmp_path / "seen"
    server.answers(
        uses(("shop_surroundings", {}), ("shop_price", {"thing": "nail"}), ids="a"),
        uses(("shop_order", {"thing": "nothing"}), ("shop_large", {}), ids="b"),
        uses(("shop_order", {"thing": "nail"}), ids="c"),
        uses(("shop_forget", {"name": "price"}), ids="d"),
        uses(("shop_price", {"thing": "nail"}), ids="e"),
        says("bought"),
    )
    journal = Mortal(await MemoryJournals().claim("run-1"))
    mcp = declared(program(seen, trust_hints=True))
    end = await executed(given(url, mcp), journal=journal)
    assert output(end)["text"] == "bought"
    offered = {one["function"]["name"]: one["function"] for one in server.asked[0]["tools"]}
    assert offered["shop_price"]["description"] == "Finds a price"
    assert offered["shop_price"]["parameters"]["required"] == ["thing"]
    surroundings, price, refused, large, ordered, _, gone = told(server)
    for word in ('"TOKEN":"***"', '"PATH":', '"HOME":"/tmp/vrooli-mcp-', '"files":[]'):
        assert word in surroundings.replace(": ", ":")
    assert "PWD" not in surroundings, "what this process knows is not its business"
    assert '"price":4' in price.replace(": ", ":")
    assert "it failed (tool): " in refused
    assert "it failed (too-large): " in large
    assert "ordered nail" in ordered
    assert "it failed (tool): Unknown tool: price" in gone
    entries = await journal.read()
    assert {one.path for one in entries} >= {"it/mcp:shop", "it/tool[1]", "it/tool[5]"}
    assert journal.begun == ["it/tool[3]", "it/tool[5]"], "others may be done twice"
    assert SECRET not in str(entries), "also what it repeats itself"
    made = calls(seen)
    assert len({one["key"] for one in made}) == len(made) == 3
    assert len({one["pid"] for one in made}) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(made[0]["pid"], 0)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("point", range(1, 11))
async def test_killed_at_any_write_no_call_that_was_made_is_repeated(
    both: tuple[OpenAIServer, str], listening: tuple[str, Path], point: int, after: bool
) -> None:
    """The list; four answers; a price; two orders, each with its beginning."""
    server, url = both
    server.choose = buying
    address, seen = listening
    shop = McpServer("shop", url=address, headers={"X-Token": "env:TOKEN"}, trust_hints=True)
    mcp = declared(shop)
    journals, before = MemoryJournals(), len(calls(seen))
    dying = Mortal(await journals.claim("run-1"), point, after)
    with pytest.raises(asyncio.CancelledError):
        await executed(given(url, mcp), journal=dying)
    written = await (await journals.claim("run-1")).read()
    made, asked = calls(seen, before), len(server.asked)
    end = await executed(given(url, mcp), journal=await journals.claim("run-1"))
    orders = [one for one in calls(seen, before) if one["tool"] == "order"]
    done = [one for one in written if isinstance(one, Finished)]
    under_way = {one.path for one in written if isinstance(one, Begun)} - {o.path for o in done}
    if under_way:
        assert failure(end) == ("unknown-effect", False)
        assert calls(seen, before) == made, "nobody ordered again"
        return
    assert output(end)["text"] == "bought"
    assert len({one["key"] for one in orders}) == len(orders) == 2
    assert len(server.asked) - asked == 4 - sum(one.type == "model" for one in done)
    prices = [one for one in calls(seen, before) if one["tool"] == "price"]
    assert len({one["key"] for one in prices}) == 1, "asked again, it has the same key"


async def test_one_that_dies_in_the_middle(both: tuple[OpenAIServer, str], tmp_path: Path) -> None:
    """Of what is read-only, the next attempt begins anew; of anything else a person decides, and
    the key is the same when they say that it is to be done again.
    """
    server, url = both
    seen = tmp_path / "seen"
    mcp = declared(program(seen, trust_hints=True))
    journal = await MemoryJournals().claim("run-1")
    price = uses(("shop_price", {"thing": "nail"}), ids="a")
    server.answers(price, uses(("shop_die", {}), ids="b"), says("never"))
    end = await executed(given(url, mcp), journal=journal)
    assert failure(end) == ("unreachable", True)
    assert end.failure is not None
    assert end.failure.where == "mcp.shop"
    assert "out of ideas" in end.failure.reason
    server.answers(uses(("shop_die_ordering", {}), ids="b"))
    other = await MemoryJournals().claim("run-1")
    ends = [await executed(given(url, mcp), journal=other) for _ in range(2)]
    assert [failure(one) for one in ends] == [("unknown-effect", False)] * 2
    first, second = [one["key"] for one in calls(seen) if one["tool"] == "die_ordering"]
    assert first == second
    assert [one["tool"] for one in calls(seen)].count("price") == 1


@pytest.mark.parametrize(
    ("argv", "kind", "words"),
    [
        (("/nosuch/program",), "unreachable", "no such program"),
        (("sh", "-c", "echo no way >&2; exit 3"), "unreachable", "the program ended: no way"),
        (("echo", "starting up"), "garbage", "'starting up'"),
        (("sleep", "60"), "timeout", "no answer within 0.3 s"),
        (("sh", "-c", "sleep 60 & echo {}"), "garbage", "'{}'"),
    ],
)
async def test_a_program_of_no_use(
    both: tuple[OpenAIServer, str], argv: tuple[str, ...], kind: str, words: str
) -> None:
    mcp = declared(McpServer("shop", argv, timeout=0.3))
    end = await executed(given(both[1], mcp))
    assert failure(end) == (kind, "nosuch" not in argv[0])
    assert end.failure is not None
    assert words in end.failure.reason
    assert not both[0].asked, "without its tools nobody asks the model"


async def test_an_address_of_no_use(both: tuple[OpenAIServer, str]) -> None:
    mcp = declared(McpServer("shop", url="http://127.0.0.1:1/mcp"))
    assert failure(await executed(given(both[1], mcp))) == ("unreachable", True)
    # It answers, and speaks another language.
    mcp = declared(McpServer("shop", url=f"{both[1]}/nothing", headers={"X-Token": "env:TOKEN"}))
    end = await executed(given(both[1], mcp))
    assert failure(end) == ("refused", False)
    assert SECRET not in str(end)


async def test_what_a_gateway_says_may_have_been_done(
    both: tuple[OpenAIServer, str], listening: tuple[str, Path]
) -> None:
    """It hands everything on, and then says that it could not."""
    server, url = both
    server.choose = buying

    async def gateway(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if b'"order"' in asked.body:
            writer.write(b"HTTP/1.1 504 Late\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        names = ("content-type", "accept", "mcp-method", "mcp-name", "mcp-protocol-version")
        headers = {name: asked.headers[name] for name in names if name in asked.headers}
        async with httpx.AsyncClient() as client:
            answer = await client.post(listening[0], content=asked.body, headers=headers)
        kind = answer.headers["content-type"].encode()
        head = b"HTTP/1.1 %d X\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % (answer.status_code, kind, len(answer.content)) + answer.content)
        await writer.drain()

    async with serving(gateway) as address:
        mcp = declared(McpServer("shop", url=f"http://{address}/mcp"))
        end = await executed(given(url, mcp))
    assert failure(end) == ("unknown-effect", False)
    assert end.failure is not None
    assert end.failure.where == "mcp.shop: order"


async def test_several_uses_at_once_need_one_program(
    both: tuple[OpenAIServer, str], tmp_path: Path
) -> None:
    """In an attempt that has the list already: nothing is open yet."""
    server, url = both
    seen = tmp_path / "seen"
    server.answers(
        refuses(500),
        uses(*[("shop_price", {"thing": "x" * number}) for number in (1, 2, 3)]),
        says("done"),
    )
    journal = await MemoryJournals().claim("run-1")
    ends = [await executed(given(url, declared(program(seen))), journal=journal) for _ in range(2)]
    assert failure(ends[0]) == ("server-error", True)
    assert output(ends[1])["text"] == "done"
    assert len(calls(seen)) == 3
    assert len({one["pid"] for one in calls(seen)}) == 1


async def test_one_that_nobody_declared(both: tuple[OpenAIServer, str]) -> None:
    end = await executed(given(both[1], declared()), "shop")
    assert failure(end) == ("no-mcp", False)
    assert end.failure is not None
    assert "[mcp.shop]" in end.failure.reason
    assert "VROOLI_MCP" in end.failure.reason


async def test_only_what_is_allowed_is_offered_and_hints_may_count_nothing(
    both: tuple[OpenAIServer, str], listening: tuple[str, Path]
) -> None:
    server, url = both
    few = McpServer("shop", url=listening[0], tools=("price", "order"))
    journal = Mortal(await MemoryJournals().claim("run-1"))
    server.answers(uses(("shop_price", {"thing": "nail"})), says("done"))
    output(await executed(given(url, declared(few)), journal=journal))
    names = [one["function"]["name"] for one in server.asked[0]["tools"]]
    assert names == ["shop_order", "shop_price"]
    assert journal.begun == ["it/tool[1]"]


async def test_a_tool_that_is_named_and_not_offered_is_told_with_the_nearest(
    both: tuple[OpenAIServer, str], listening: tuple[str, Path]
) -> None:
    wrong = McpServer("shop", url=listening[0], tools=("price", "ordr"))
    failed = (await executed(given(both[1], declared(wrong)))).failure
    assert failed is not None
    assert (failed.kind, failed.retryable) == ("no-tool", False)
    assert "it offers no tool `ordr`; did you mean `order`?" in failed.reason
    assert "correct `tools` of [mcp.shop]" in failed.reason
    assert both[0].asked == []

"""A step that asks a model, ended at any point: nothing that came to an end is done again."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import vrooli.execution.tools
from tests.support.openai_server import Reply, calls, openai_server, refuses, says
from tests.support.steps import call, tools
from tests.support.until import until
from vrooli.execution import tool_types
from vrooli.execution.executor import StepExecutor
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Provider
from vrooli.execution.llm.strategy import strategy_of
from vrooli.execution.llm.talk import talk
from vrooli.execution.step_type import StepCall, StepTools
from vrooli.flow.driver import Driver
from vrooli.flow.entries import Again, Begun, Entry, Finished, Told
from vrooli.flow.failed import Failed
from vrooli.flow.interpreter import Done
from vrooli.flow.journal import Journal, Written
from vrooli.flow.model import Retry, Routine, SequenceNode, StepNode
from vrooli.flow.notes import Notebook
from vrooli.flow.template import Template
from vrooli.host.clock import SystemClock
from vrooli.host.memory.journal import MemoryJournals
from vrooli.host.memory.secrets import MemorySecrets

ORDER = '''
"""Orders something."""

from vrooli.execution.step_type import StepFailed
from vrooli.execution.tool import Tool

keys = []


async def _run(call, tools):
    keys.append(call.key)
    await tools.clock.sleep(call.arguments["seconds"])
    return {"ordered": call.arguments["what"]}


tool = Tool(
    name="order",
    title="Orders something",
    arguments={"type": "object", "properties": {"what": {"type": "string"}}},
    run=_run,
    repeatable=False,
)
'''


@pytest.fixture
def ordered(tmp_path: Path) -> Iterator[list[str]]:
    """The keys of the orders, with a tool that makes one each time that it is used."""
    (tmp_path / "order.py").write_text(ORDER, encoding="utf-8")
    vrooli.execution.tools.__path__.append(str(tmp_path))
    tool_types.tool.cache_clear()
    tool_types.tool("order")
    keys: list[str] = sys.modules["vrooli.execution.tools.order"].keys
    yield keys
    vrooli.execution.tools.__path__.remove(str(tmp_path))
    sys.modules.pop("vrooli.execution.tools.order", None)
    tool_types.tool.cache_clear()


def agent(asked: dict[str, Any]) -> Reply:
    """Two orders, one after the other, then a word."""
    number = sum(one["role"] == "tool" for one in asked["messages"])
    what = {"what": f"thing {number}", "seconds": 0}
    return says("ordered") if number == 2 else calls(("order", what), ids=f"call{number}")


def with_model(url: str) -> StepTools:
    settings = ModelSettings({"house": Provider("house", "openai", url)})
    clock = SystemClock()
    return tools(models=Models(settings, MemorySecrets(), clock), clock=clock)


class Dying:
    """A journal whose process dies at one of its writes, just before it or just after.

    Attributes:
        left: writes until then.
        after: whether that one is still written.
    """

    def __init__(self, journal: Journal, left: int, after: bool) -> None:
        self._journal, self.left, self.after = journal, left, after

    async def read(self) -> Sequence[Told]:
        return await self._journal.read()

    async def write(self, entry: Entry) -> Written:
        self.left -= 1
        if self.left == 0:
            if self.after:
                await self._journal.write(entry)
            raise asyncio.CancelledError
        return await self._journal.write(entry)


ARGUMENTS = {"model": "house:a", "prompt": "Order.", "tools": ["order"]}


async def attempt(given: StepTools, journal: Journal) -> Any:
    """By `talk` alone: the list of tools in the schema is that of the files of the product."""
    book = Notebook("run", journal, given.clock)
    await book.read()
    call = StepCall("run", "run:it", ARGUMENTS, 0.0, "it", 1, book.of("it"))
    return await talk(call, given, strategy_of(ARGUMENTS))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("point", range(1, 8))
async def test_killed_at_any_write_nothing_that_was_written_is_done_again(
    ordered: list[str], point: int, after: bool
) -> None:
    journals = MemoryJournals()
    async with openai_server() as (server, url):
        server.choose = agent
        given = with_model(url)
        with pytest.raises(asyncio.CancelledError):
            await attempt(given, Dying(await journals.claim("run"), point, after))
        first = await (await journals.claim("run")).read()
        asked, orders = len(server.asked), len(ordered)
        if any(isinstance(entry, Begun) for entry in first):
            with pytest.raises(Failed) as caught:
                await attempt(given, await journals.claim("run"))
            assert caught.value.kind == "unknown-effect"
            assert len(ordered) == orders, "nobody ordered again"
            return
        output = await attempt(given, await journals.claim("run"))
    answers = sum(not isinstance(entry, Again) and entry.type == "model" for entry in first)
    assert output["text"] == "ordered"
    assert output["usage"]["requests"] == 3
    assert len(server.asked) - asked == 3 - answers
    assert len(ordered) == len(set(ordered)) == 2


async def test_a_tool_that_is_cut_off_by_the_time_of_the_step_is_unknown_in_its_next_attempt(
    ordered: list[str],
) -> None:
    given_journal = await MemoryJournals().claim("run")
    async with openai_server() as (server, url):
        server.answers(calls(("order", {"what": "it", "seconds": 60})), says("never"))
        given = with_model(url)
        book = Notebook("run", given_journal, given.clock)
        call = StepCall("run", "run:it", ARGUMENTS, 0.0, "it", 1, book.of("it"))
        talking = asyncio.create_task(talk(call, given, strategy_of(ARGUMENTS)))
        await until(lambda: bool(ordered))
        talking.cancel()
        await asyncio.wait([talking])
        with pytest.raises(Failed) as caught:
            await talk(call, given, strategy_of(ARGUMENTS))
    assert (caught.value.kind, caught.value.where) == ("unknown-effect", "it/tool[1]")
    assert len(ordered) == 1
    assert len(server.asked) == 1


async def test_a_retry_of_the_routine_asks_only_for_what_is_missing() -> None:
    arguments = {"model": "house:a", "prompt": "Write.", "tools": ["write_file"]}
    node = StepNode("it", "llm", Template(arguments), Retry(most=3, first=0.0))
    routine = Routine("test", "", {}, SequenceNode((node,)))

    async with openai_server() as (server, url):
        write = calls(("write_file", {"path": "a.md", "text": "x"}))
        server.answers(write, refuses(429), refuses(503), says("done"))
        given = with_model(url)
        book = Notebook("run", await MemoryJournals().claim("run"), given.clock)
        executor = StepExecutor("run", given, book.of)
        end = await Driver(routine, {}, book, executor, given.clock).run()
    assert isinstance(end, Done)
    assert end.value["usage"]["requests"] == 2
    assert len(server.asked) == 4
    ends = [entry for entry in await book.read() if isinstance(entry, Finished)]
    assert [entry.failure and entry.failure.kind for entry in ends] == [
        "rate-limit",
        "server-error",
        None,
    ]


async def test_usage_that_nobody_tells_is_estimated() -> None:
    async with openai_server() as (server, url):
        server.answers(says("it is fine", counted=False))
        given = with_model(url)
        end = await StepExecutor("run", given).execute(
            call("llm", {"model": "house:a", "prompt": "How?"}), 0.0
        )
    assert end.output["usage"]["tokens"] > 50

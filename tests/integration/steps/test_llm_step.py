"""The step that asks a model, against a server that speaks OpenAI's API."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from tests.support.openai_server import (
    OpenAIServer,
    Reply,
    breaks,
    calls,
    ends,
    hangs,
    openai_server,
    raw,
    refuses,
    says,
    stops,
    writes,
)
from tests.support.steps import call, executed, failure, output, tools
from tests.support.until import until
from vrooli.execution.executor import StepExecutor
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Price, Provider
from vrooli.execution.saying import Place
from vrooli.execution.spending import Amount
from vrooli.execution.step_type import StepFailed, StepTools
from vrooli.flow.entries import Finished
from vrooli.flow.notes import Notebook
from vrooli.host.clock import SystemClock
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.journal import MemoryJournals
from vrooli.host.memory.secrets import MemorySecrets

KEY = "sk-hunter2"
ANSWER = {
    "type": "object",
    "required": ["n"],
    "additionalProperties": False,
    "properties": {"n": {"type": "integer", "minimum": 1}},
}


@pytest.fixture
async def both() -> AsyncIterator[tuple[OpenAIServer, str]]:
    async with openai_server() as found:
        yield found


@pytest.fixture
def server(both: tuple[OpenAIServer, str]) -> OpenAIServer:
    return both[0]


@pytest.fixture
def given(both: tuple[OpenAIServer, str]) -> StepTools:
    return with_models(both[1])


def with_models(url: str, timeout: float = 30.0, stream: bool = True, **own: Any) -> StepTools:
    provider = Provider("house", "openai", url, "env:KEY", timeout=timeout, stream=stream)
    settings = ModelSettings({"house": provider}, {"house:priced": Price(1.0, 10.0)})
    clock = own.pop("clock", SystemClock())
    models = Models(settings, MemorySecrets({"env:KEY": KEY}), clock)
    return tools(models=models, clock=clock, **own)


def asking(**more: Any) -> dict[str, Any]:
    return {"model": "house:fake", "prompt": "How is it?", **more}


async def test_an_answer_in_words(server: OpenAIServer, given: StepTools) -> None:
    said = output(await executed("llm", asking(instructions="Be brief."), given))
    usage = {"requests": 1, "tokens": 120, "micros": None}
    assert said == {"text": "it is fine", "model": "house:fake", "usage": usage}
    (asked,) = server.asked
    assert [one["content"] for one in asked["messages"]] == ["Be brief.", "How is it?"]
    assert (asked["model"], asked["temperature"]) == ("fake", 0)
    assert "tools" not in asked
    assert server.keys == [f"Bearer {KEY}"]


async def test_a_price_of_the_settings(given: StepTools) -> None:
    said = output(await executed("llm", asking(model="house:priced"), given))
    assert said["usage"]["micros"] == 100 + 20 * 10


async def test_an_output_by_its_schema_is_asked_for_until_it_fits(
    server: OpenAIServer, given: StepTools
) -> None:
    server.answers(calls(("final_result", {"n": 0})), calls(("final_result", {"n": 7})))
    said = output(await executed("llm", asking(output=ANSWER), given))
    assert said["json"] == {"n": 7}
    assert said["usage"]["requests"] == 2
    assert "0 is less than the minimum of 1" in str(server.asked[1]["messages"][-1])


async def test_tools_are_used_and_their_failures_told(
    server: OpenAIServer, given: StepTools
) -> None:
    server.answers(
        calls(("read_file", {"path": "nothing.md"}), ("write_file", {"path": "a.md"})),
        calls(("write_file", {"path": "a.md", "text": "hello"})),
        says("done"),
    )
    arguments = asking(tools=["read_file", "write_file"], strategy="reasoning")
    assert output(await executed("llm", arguments, given))["text"] == "done"
    assert await given.workspaces.read("run-1", "a.md", 100) == b"hello"
    told = [one["content"] for one in server.asked[1]["messages"] if one["role"] == "tool"]
    assert "it failed (file)" in told[0]
    assert "'text' is a required property" in told[1]
    assert "temperature" not in server.asked[0]


async def test_a_conversation_goes_on(server: OpenAIServer, given: StepTools) -> None:
    first = output(await executed("llm", asking(strategy="conversational"), given))
    again = asking(prompt="And now?", strategy="conversational", history=first["history"])
    output(await executed("llm", again, given))
    texts = [one["content"] for one in server.asked[1]["messages"]]
    assert texts == ["How is it?", "it is fine", "And now?"]


@pytest.mark.parametrize(
    ("reply", "kind", "retryable"),
    [
        (refuses(429), "rate-limit", True),
        (refuses(429, "insufficient_quota"), "quota", False),
        (refuses(500), "server-error", True),
        (refuses(503), "server-error", True),
        (refuses(401), "refused-key", False),
        (refuses(404), "no-model", False),
        (refuses(400), "rejected", False),
        (refuses(400, "context_length_exceeded"), "context", False),
        (writes(b"<html>"), "garbage", True),
        (writes(b'{"choices": 3}'), "garbage", True),
        (breaks(), "unreachable", True),
        (says("half of a", finish="length"), "limit", False),
        (says("", finish="content_filter"), "content-filter", False),
    ],
)
async def test_a_failure_has_its_kind(
    server: OpenAIServer, given: StepTools, reply: Reply, kind: str, retryable: bool
) -> None:
    server.answers(reply)
    end = await executed("llm", asking(), given)
    assert failure(end) == (kind, retryable)
    assert KEY not in str(end)
    assert len(server.asked) == 1, "nobody repeats it behind the step's back"


class Heard:
    """Port `Saying`, for a test to look at."""

    def __init__(self) -> None:
        self.said: list[tuple[str, int, str]] = []
        self.ended: list[tuple[str, int]] = []

    def say(self, place: Place, text: str) -> None:
        self.said.append((place.path, place.attempt, text))

    def over(self, place: Place) -> None:
        self.ended.append((place.path, place.attempt))


async def test_its_words_are_told_as_they_come(both: tuple[OpenAIServer, str]) -> None:
    heard = Heard()
    given = with_models(both[1], saying=heard)
    both[0].answers(calls(("read_file", {"path": "a.md"})), says("it is fine"))
    said = output(await executed("llm", asking(tools=["read_file"]), given))
    assert [one["stream"] for one in both[0].asked] == [True, True]
    assert heard.said == [("it/model[2]", 1, word) for word in ("it ", "is ", "fine")]
    assert heard.ended == [("it/model[1]", 1), ("it/model[2]", 1)]
    assert said["text"] == "it is fine"
    assert said["usage"]["tokens"] == 240


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        (ends(), "garbage"),
        (hangs(), "timeout"),
        (raw(b"data: {nonsense\n\n"), "garbage"),
        (raw(b'data: {"choices": 3}\n\n'), "garbage"),
        (raw(b'data: {"error": {"message": "no", "code": "server_error"}}\n\n'), "server-error"),
        (raw(b'data: {"error": {"message": "no", "code": "429"}}\n\n'), "rate-limit"),
    ],
)
async def test_half_an_answer_is_none(
    both: tuple[OpenAIServer, str], how: Reply, kind: str
) -> None:
    heard = Heard()
    both[0].answers(stops("half of", how))
    end = await executed("llm", asking(), with_models(both[1], timeout=0.3, saying=heard))
    assert failure(end) == (kind, True)
    assert [text for _, _, text in heard.said] == ["half ", "of"]
    assert heard.ended == [("it/model[1]", 1)]


async def test_a_server_that_cannot_stream_is_asked_for_the_whole(
    server: OpenAIServer, both: tuple[OpenAIServer, str]
) -> None:
    end = await executed("llm", asking(), with_models(both[1], stream=False))
    assert output(end)["text"] == "it is fine"
    assert not server.asked[0]["stream"]


async def test_no_answer_in_time(both: tuple[OpenAIServer, str]) -> None:
    both[0].answers(hangs())
    end = await executed("llm", asking(), with_models(both[1], timeout=0.05))
    assert failure(end) == ("timeout", True)


async def test_nobody_listens() -> None:
    end = await executed("llm", asking(), with_models("http://127.0.0.1:1/v1"))
    assert failure(end) == ("unreachable", True)


@pytest.mark.parametrize(
    ("limits", "requests"),
    [({"requests": 2}, 2), ({"tokens": 130}, 2), ({"requests": 5, "output_bytes": 10}, 3)],
)
async def test_limits_hold(
    server: OpenAIServer, given: StepTools, limits: dict[str, int], requests: int
) -> None:
    use = calls(("read_file", {"path": "nothing.md"}))
    server.answers(use, use, says("done"))
    end = await executed("llm", asking(tools=["read_file"], limits=limits), given)
    assert failure(end) == ("too-large" if "output_bytes" in limits else "limit", False)
    assert len(server.asked) == requests


async def test_a_limit_of_cost_holds_before_it_is_reached(
    server: OpenAIServer, given: StepTools
) -> None:
    """An answer costs 300 millionths, and might have cost 10000."""
    use = calls(("read_file", {"path": "nothing.md"}))
    server.answers(use, use, says("done"))
    limits = {"cost": 0.011, "answer_tokens": 1000}
    more = {"model": "house:priced", "tools": ["read_file"], "limits": limits}
    end = await executed("llm", asking(**more), given)
    assert failure(end) == ("limit", False)
    assert end.failure is not None
    assert end.failure.where == "limits.cost"
    assert len(server.asked) == 1
    end = await executed("llm", asking(limits={"cost": 1}), given)
    assert failure(end) == ("limit", False), "nobody knows its price"
    assert len(server.asked) == 1


async def test_a_provider_that_asks_for_patience_is_left_alone(
    both: tuple[OpenAIServer, str],
) -> None:
    clock = MemoryClock()
    given = with_models(both[1], clock=clock)
    both[0].answers(refuses(429, after="20"), says("now"))
    assert failure(await executed("llm", asking(), given)) == ("rate-limit", True)
    waiting = asyncio.create_task(executed("llm", asking(), given))
    await clock.advance(19.9)
    assert len(both[0].asked) == 1
    await clock.advance(0.2)
    assert output(await waiting)["text"] == "now"


async def test_a_provider_that_fails_again_and_again_is_left_alone(
    both: tuple[OpenAIServer, str],
) -> None:
    clock = MemoryClock()
    given = with_models(both[1], clock=clock)
    both[0].answers(refuses(500))
    kinds = [failure(await executed("llm", asking(), given)) for _ in range(7)]
    assert kinds == [("server-error", True)] * 5 + [("provider-down", True)] * 2
    assert len(both[0].asked) == 5
    await clock.advance(30.0)
    both[0].answers(says("well again"))
    for _ in range(3):
        assert output(await executed("llm", asking(), given))["text"] == "well again"


class Book:
    """Port `Spending`, for a test to look at."""

    def __init__(self) -> None:
        self.reserved: dict[str, Amount] = {}
        self.settled: dict[str, Amount] = {}

    async def reserve(self, run: str, key: str, most: Amount) -> bool:
        self.reserved.setdefault(key, most)
        return key not in self.settled

    async def settle(self, run: str, key: str, real: Amount) -> None:
        self.settled[key] = real

    async def spent(self, run: str, step: str) -> int:
        mine = (real for key, real in self.settled.items() if key.startswith(f"{run}:{step}/"))
        return sum(real.micros or 0 for real in mine)


async def noting(given: StepTools) -> StepExecutor:
    """What executes the steps of a new run, and notes what they did."""
    journal = Notebook("run-1", await MemoryJournals().claim("run-1"), given.clock)
    return StepExecutor("run-1", given, journal.of)


async def test_after_a_failure_only_what_is_missing_is_asked_for_and_paid(
    both: tuple[OpenAIServer, str],
) -> None:
    server, url = both
    book = Book()
    given = with_models(url, spending=book)
    executor = await noting(given)
    server.answers(
        calls(("write_file", {"path": "a.md", "text": "1"})),
        calls(("write_file", {"path": "b.md", "text": "2"})),
        refuses(500),
        says("done"),
    )
    step = call("llm", asking(model="house:priced", tools=["write_file"]))
    ends: list[Finished] = [await executor.execute(step, 0.0) for _ in range(2)]
    assert failure(ends[0]) == ("server-error", True)
    usage = {"requests": 3, "tokens": 360, "micros": 900}
    assert output(ends[1]) == {"text": "done", "model": "house:priced", "usage": usage}
    assert len(server.asked) == 4
    assert server.asked[2]["messages"] == server.asked[3]["messages"]
    assert [one.micros for one in book.settled.values()] == [300, 300, 0, 300]
    assert all(most.micros and most.micros > 300 for most in book.reserved.values())


async def cut_off(server: OpenAIServer, attempt: Coroutine[Any, Any, Finished]) -> None:
    """As by the time of the step, a drain or a cancel of the run, while a request is out."""
    before = len(server.asked)
    asking = asyncio.create_task(attempt)
    await until(lambda: len(server.asked) > before)
    asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled()


async def test_a_request_that_is_cut_off_counts_with_what_it_may_have_cost(
    both: tuple[OpenAIServer, str],
) -> None:
    """Each one for itself, though nothing is noted of it."""
    server, url = both
    book = Book()
    given = with_models(url, spending=book)
    executor = await noting(given)
    step = call("llm", asking(model="house:priced"))
    server.answers(hangs(), hangs(), says("done"))
    for _ in range(2):
        await cut_off(server, executor.execute(step, 0.0))
    output(await executor.execute(step, 0.0))
    (most, *_) = book.reserved.values()
    assert list(book.settled.values()) == [most, most, Amount(120, 300)]
    assert book.settled.keys() == book.reserved.keys()


async def test_a_limit_of_cost_counts_what_was_cut_off(both: tuple[OpenAIServer, str]) -> None:
    """As the budget of the run does."""
    server, url = both
    given = with_models(url, spending=Book())
    executor = await noting(given)
    # A request may cost some 10000 millionths.
    step = call("llm", asking(model="house:priced", limits={"cost": 0.02, "answer_tokens": 1000}))
    server.answers(hangs(), says("not asked for"))
    await cut_off(server, executor.execute(step, 0.0))
    end = await executor.execute(step, 0.0)
    assert failure(end) == ("limit", False)
    assert end.failure is not None
    assert (end.failure.where, len(server.asked)) == ("limits.cost", 1)


class Away(Book):
    """As long as it is, nothing can be settled."""

    def __init__(self) -> None:
        super().__init__()
        self.back = asyncio.Event()

    async def settle(self, run: str, key: str, real: Amount) -> None:
        await self.back.wait()
        await super().settle(run, key, real)


async def test_who_is_cut_off_while_postgresql_is_away_does_not_wait_for_it(
    both: tuple[OpenAIServer, str],
) -> None:
    """The next attempt does: what it sets aside is not what the one before has spent."""
    server, url = both
    book = Away()
    given = with_models(url, spending=book)
    step = call("llm", asking(model="house:priced"))
    server.answers(hangs(), says("done"))
    executor = StepExecutor("run-1", given)
    await cut_off(server, executor.execute(step, 0.0))
    assert not book.settled
    again = asyncio.create_task(executor.execute(step, 0.0))
    for _ in range(100):
        await asyncio.sleep(0)
    book.back.set()
    output(await again)
    (most, *_) = book.reserved.values()
    assert list(book.settled.values()) == [most, Amount(120, 300)]


async def test_an_answer_counts_though_its_asker_is_cut_off_before_it_does(
    both: tuple[OpenAIServer, str],
) -> None:
    book = Away()
    given = with_models(both[1], spending=book)
    step = call("llm", asking(model="house:priced"))
    asker = asyncio.create_task(StepExecutor("run-1", given).execute(step, 0.0))
    await until(lambda: given.models.owed.open == 1)
    asker.cancel()
    await asyncio.wait([asker])
    book.back.set()
    await until(lambda: bool(book.settled))
    assert list(book.settled.values()) == [Amount(120, 300)]


class Poor(Book):
    """Nothing is left."""

    async def reserve(self, run: str, key: str, most: Amount) -> bool:
        raise StepFailed("budget", "nothing is left")


async def test_without_a_budget_nobody_is_asked(both: tuple[OpenAIServer, str]) -> None:
    book = Poor()
    end = await executed("llm", asking(), with_models(both[1], spending=book))
    assert failure(end) == ("budget", False)
    assert not both[0].asked
    assert not book.settled

"""Loops that run for ever: what nobody thought of ends none of them, and is said."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.clocks import TurnedClock
from tests.support.until import until
from vrooli.execution.run_spans import RunSpans
from vrooli.server import redis_link, redis_news
from vrooli.server.redis_link import RedisLink
from vrooli.server.redis_news import RedisNews

NOWHERE = "redis://127.0.0.1:1/0"


async def ended(task: asyncio.Task[None]) -> None:
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_redis_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(RedisLink):
        asked = 0

        async def ping(self) -> None:
            self.asked += 1
            if self.asked == 1:
                raise KeyError("odd")

    monkeypatch.setattr(redis_link, "PAUSE", 0.01)
    link = Odd(NOWHERE)
    with capture_logs() as logs:
        task = asyncio.create_task(link.run())
        await until(lambda: link.up)
        await ended(task)
    await link.close()
    assert [one["event"] for one in logs if one["log_level"] == "error"] == [
        "Redis is looked for again"
    ]


async def test_news_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    class There(RedisLink):
        async def back(self) -> None:
            return

    asked = 0

    async def database() -> str:
        nonlocal asked
        asked += 1
        raise KeyError("odd")

    monkeypatch.setattr(redis_news, "PAUSE", 0.01)
    link = There(NOWHERE)
    with capture_logs() as logs:
        task = asyncio.create_task(RedisNews(link, database).run(lambda notice: None))
        await until(lambda: asked > 1)
        await ended(task)
    await link.close()
    assert logs[0]["event"] == "news of runs are heard anew"


async def test_spans_are_told(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(RunSpans):
        asked = 0

        async def tell(self) -> None:
            self.asked += 1
            raise KeyError("odd")

    nothing: Any = None
    spans = Odd(nothing, nothing, TurnedClock())
    with caplog.at_level(logging.ERROR):
        task = asyncio.create_task(spans.run())
        await until(lambda: spans.asked > 1)
        await ended(task)
    assert caplog.records[0].message == "spans of runs go on"

"""What is known of the watchdog, and how old it may be."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.live_console import Answering, answering, watchdog_says
from tests.support.waiting import eventually
from tests.unit.console.test_gate import settings_in
from vrooli.console import feed as module
from vrooli.console.bystander import Bystander
from vrooli.console.feed import OLD, Feed
from vrooli.console.queues import Queues
from vrooli.core.address import HostPort


@asynccontextmanager
async def reading(watchdog: Answering, folder: Path) -> AsyncIterator[tuple[Feed, Bystander]]:
    """A feed that runs, and somebody who may look."""
    where = HostPort("127.0.0.1", watchdog.server_port)
    settings = replace(settings_in(folder), watchdog=where, public_status=True)
    feed = Feed()
    task = asyncio.create_task(feed.run())
    try:
        yield feed, Bystander(settings, Queues())
    finally:
        watchdog.goes_on.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_nobody_looked_at_for_a_while_is_read_anew_or_old(tmp_path: Path) -> None:
    with answering(watchdog_says) as watchdog:
        async with reading(watchdog, tmp_path) as (feed, reader):
            feed.join(reader)()
            feed.health = replace(feed.health, status={"services": []}, at=time.time() - OLD - 10)
            leave = feed.join(reader)
            await feed.known(within=60.0)
            assert time.time() - feed.health.at < OLD
            assert feed.health.services
            leave()
            watchdog.goes_on.clear()
            feed.health = replace(feed.health, at=time.time() - OLD - 10, trouble="", since=0.0)
            feed.join(reader)
            await feed.known(within=0.05)
            assert feed.health.trouble == "no answer within 0.05 s"
            assert feed.health.since > feed.health.at


async def test_a_watchdog_that_hangs_is_told_as_one_while_it_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOW", 0.05)
    with answering(watchdog_says) as watchdog:
        async with reading(watchdog, tmp_path) as (feed, reader):
            watchdog.goes_on.clear()
            feed.join(reader)

            async def trouble() -> str:
                return feed.health.trouble

            async def none() -> bool:
                return not feed.health.trouble and bool(feed.health.services)

            assert await eventually(trouble, "it is told") == "no answer within 0.05 s"
            monkeypatch.setattr(module, "SLOW", 60.0)
            watchdog.goes_on.set()
            await eventually(none, "it is well again")

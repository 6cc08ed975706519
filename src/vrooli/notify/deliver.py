"""Delivering what lies in the postbox: one message at a time by each channel, all channels at once.

Nobody who looks or heals waits for it.
"""

import asyncio
import logging
from functools import partial

from vrooli.core.ports.clock import Clock
from vrooli.notify.channel import Answer
from vrooli.notify.delivery import Delivery
from vrooli.notify.postbox import Postbox
from vrooli.notify.sending import Sender

_log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two looks at what waits for a time to come; news are taken at once."""

LAST_WORDS = 3.0
"""Seconds that what is on its way gets to arrive when we are stopped."""


class Deliverer:
    """Delivers until cancelled.

    Args:
        postbox: what is to be told.
        sender: tells it.
        clock: time.
    """

    def __init__(self, postbox: Postbox, sender: Sender, clock: Clock) -> None:
        self._postbox, self._sender, self._clock = postbox, sender, clock
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Numbered:

        1. give every idle channel what is due by it; each is sent on the side
        2. wait for news, or for a second
        3. at the end let what is on its way arrive
        """
        try:
            while True:
                self._postbox.news.clear()
                await self.start_due()
                await self._wait()
        finally:
            await self._close()

    async def start_due(self) -> None:
        """Start what is due."""
        for via in self._postbox.settings.channels:
            if via in self._under_way:
                continue
            delivery = await self._postbox.take(via)
            if delivery is not None:
                task = asyncio.create_task(self._deliver(delivery, via))
                self._under_way[via] = task
                task.add_done_callback(partial(self._idle, via))

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        while self._under_way:
            await asyncio.wait(set(self._under_way.values()))

    def _idle(self, via: str, _: asyncio.Task[None]) -> None:
        self._under_way.pop(via, None)
        self._postbox.news.set()

    async def _deliver(self, delivery: Delivery, via: str) -> None:
        channel = self._postbox.settings.channels.get(via)
        answer = Answer(False, "the channel is no longer declared")
        try:
            if channel is not None:
                answer = await self._sender.send(channel, delivery.message)
        except BaseException:
            self._postbox.put_back(delivery)
            raise
        if not answer.ok:
            _log.warning("cannot tell %s by %s: %s", delivery.message.key, via, answer.text)
        await self._postbox.ended(delivery, via, answer)

    async def _wait(self) -> None:
        news = asyncio.ensure_future(self._postbox.news.wait())
        pause = asyncio.ensure_future(self._clock.sleep(PAUSE))
        try:
            await asyncio.wait({news, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
            pause.cancel()

    async def _close(self) -> None:
        tasks = set(self._under_way.values())
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_WORDS)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_WORDS)

"""Delivering: all channels at once, one message at a time by each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.notices import alert, settings
from tests.support.until import until
from vrooli.host.clock import SystemClock
from vrooli.host.memory.notices import MemoryStore
from vrooli.notify.channel import Answer
from vrooli.notify.deliver import Deliverer
from vrooli.notify.message import Message
from vrooli.notify.postbox import Postbox
from vrooli.notify.settings import Channel


class Told:
    """A sender that notes who was told what; a channel in `hung` never answers."""

    def __init__(self, *hung: str) -> None:
        self.hung = hung
        self.messages: list[tuple[str, str]] = []
        self.at_once: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def send(self, channel: Channel, message: Message) -> Answer:
        name = channel.name
        self.at_once[name] = self.at_once.get(name, 0) + 1
        self.most[name] = max(self.most.get(name, 0), self.at_once[name])
        try:
            await asyncio.sleep(3600 if name in self.hung else 0.01)
        finally:
            self.at_once[name] -= 1
        self.messages.append((name, message.subject))
        return Answer(True, "sent")


@asynccontextmanager
async def delivering(sender: Told) -> AsyncIterator[Postbox]:
    declared = settings(phone="", mail="")
    postbox = Postbox(MemoryStore(), lambda: declared, SystemClock(), "host")
    task = asyncio.create_task(Deliverer(postbox, sender, SystemClock()).run())
    yield postbox
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_news_are_told_at_once_by_every_channel_one_at_a_time() -> None:
    sender = Told()
    async with delivering(sender) as postbox:
        for name in ("a", "b", "c"):
            await postbox.open(alert(name))
        await until(lambda: len(sender.messages) == 6)
    assert [subject for name, subject in sender.messages if name == "mail"] == ["a", "b", "c"]
    assert sender.most == {"phone": 1, "mail": 1}


async def test_a_channel_that_hangs_delays_no_other() -> None:
    sender = Told("phone")
    async with delivering(sender) as postbox:
        await postbox.open(alert("a"))
        await postbox.open(alert("b"))
        await until(lambda: len(sender.messages) == 2)
    assert {name for name, _ in sender.messages} == {"mail"}


async def test_what_is_on_its_way_arrives_when_we_are_stopped() -> None:
    sender = Told()
    async with delivering(sender) as postbox:
        await postbox.open(alert("a"))
        await until(lambda: sender.at_once == {"phone": 1, "mail": 1})
    assert sorted(sender.messages) == [("mail", "a"), ("phone", "a")]
    assert not postbox.box.deliveries


async def test_what_is_cut_short_is_sent_again() -> None:
    sender = Told("phone")
    async with delivering(sender) as postbox:
        await postbox.open(alert("a"))
        await until(lambda: sender.at_once.get("phone") == 1)
    again = await postbox.take("phone")
    assert again is not None
    assert again.attempts == 0

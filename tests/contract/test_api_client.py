"""What the typed client does with a request whose answer went astray."""

import asyncio

import pytest

from tests.support.tiny_server import Asked, reply, serving
from vrooli.client.accounts import AccountsClient
from vrooli.client.api import NOBODY
from vrooli.client.fleet import FleetClient
from vrooli.core.address import HostPort
from vrooli.core.errors import Refused

GONE = {"detail": "it was made already", "code": "made_already", "retryable": False}
UNDER_WAY = {"detail": "the first goes on", "code": "under_way", "retryable": True}


async def invited(*answers: tuple[int, dict[str, object]]) -> tuple[list[Asked], dict[str, object]]:
    """What was asked, the first time without an answer, and what came of it."""
    asked: list[Asked] = []

    async def answer(one: Asked, writer: asyncio.StreamWriter) -> None:
        asked.append(one)
        if len(asked) > 1:
            await reply(writer, *answers[len(asked) - 2])

    async with serving(answer) as target:
        assert isinstance(target, HostPort)
        client = AccountsClient(target, NOBODY)
        made = await asyncio.to_thread(client.invite, "ann@example.org", "viewer", 7)
    return asked, made


async def test_it_is_sent_again_with_its_key_until_the_first_is_through() -> None:
    asked, made = await invited((409, UNDER_WAY), (201, {"id": "a"}))
    assert made == {"id": "a"}
    assert len(asked) == 3
    assert len({(one.headers["idempotency-key"], one.body) for one in asked}) == 1


async def test_a_host_is_added_once() -> None:
    asked: list[Asked] = []

    async def answer(one: Asked, writer: asyncio.StreamWriter) -> None:
        asked.append(one)
        if len(asked) > 1:
            await reply(writer, 201, {"name": "web-1"})

    async with serving(answer) as target:
        assert isinstance(target, HostPort)
        await asyncio.to_thread(FleetClient(target, NOBODY).add_host, "web-1")
    assert len({one.headers["idempotency-key"] for one in asked}) == 1


async def test_what_was_made_and_is_shown_no_more_is_an_error_in_its_own_words() -> None:
    with pytest.raises(Refused, match="it was made already"):
        await invited((409, GONE))

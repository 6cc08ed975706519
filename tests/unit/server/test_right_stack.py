"""Requests that are meant for the server of another stack."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from vrooli.core.stack_mark import HEADER, mark_of
from vrooli.server.middleware.right_stack import RightStack

OURS = mark_of("our key")


async def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse("done")


@pytest.mark.parametrize(
    ("meant", "status"), [(OURS, 200), (None, 200), (mark_of("their key"), 421), ("", 421)]
)
async def test_what_is_meant_for_another_one_is_refused(meant: str | None, status: int) -> None:
    app = RightStack(Starlette(routes=[Route("/x", answer, methods=["POST"])]), OURS)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        found = await client.post("/x", headers={} if meant is None else {HEADER: meant})
    assert found.status_code == status
    if status != 200:
        assert (found.json()["code"], found.json()["instance"]) == ("another_stack", "/x")
        assert "`vrooli status`" in found.json()["next_step"]


def test_the_mark_tells_nothing_of_the_key() -> None:
    assert mark_of("our key") == OURS
    assert OURS.isalnum()
    assert len(OURS) == 32

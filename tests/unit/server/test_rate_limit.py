"""How many requests a caller may send, and what it is told."""

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from vrooli.server.middleware.rates import RateLimit

RATE = 0.1
"""A second: one at once, and for strangers none unless the bucket is this large."""


async def answer(request: Request) -> PlainTextResponse:
    """As a route that wants a token that begins with `good`."""
    valid = request.headers.get("authorization", "").startswith("Bearer good")
    return PlainTextResponse("ok", 200 if valid else 401)


class Callers:
    """Of one server, from one address or another."""

    def __init__(self, rate: float) -> None:
        routes = [Route(path, answer) for path in ("/x", "/health/live")]
        self._app = RateLimit(Starlette(routes=routes), rate)

    async def ask(
        self, token: str = "", path: str = "/x", address: str = "1.2.3.4"
    ) -> httpx.Response:
        """One request."""
        transport = httpx.ASGITransport(self._app, client=(address, 5))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers=headers)

    async def statuses(self, count: int, token: str = "", path: str = "/x") -> list[int]:
        """Of so many."""
        return [(await self.ask(token, path)).status_code for _ in range(count)]


async def test_who_asks_too_much_is_told_when_to_come_again() -> None:
    callers = Callers(1.0)
    assert await callers.statuses(11, "good") == [200] * 11  # the first one as a stranger
    refused = await callers.ask("good")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "too_many_requests"
    assert refused.json()["instance"] == "/x"
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit-Policy"] == '"requests";q=10;w=10'
    assert refused.headers["RateLimit"].startswith('"requests";r=0;t=')


async def test_each_caller_has_its_own_share() -> None:
    callers = Callers(1.0)
    await callers.statuses(20, "good one")
    assert (await callers.ask("good one")).status_code == 429
    assert await callers.statuses(5, "good two") == [200] * 5


async def test_who_guesses_tokens_is_one_caller_and_keeps_no_known_one_out() -> None:
    callers = Callers(1.0)
    assert (await callers.ask("good")).status_code == 200
    guesses = [(await callers.ask(f"guess {n}")).status_code for n in range(5)]
    assert guesses == [401, 429, 429, 429, 429]
    assert (await callers.ask("good")).status_code == 200
    assert (await callers.ask("guess", address="5.6.7.8")).status_code == 401


async def test_balancers_are_never_told_to_wait_and_no_rate_is_no_limit() -> None:
    assert await Callers(0.1).statuses(5, path="/health/live") == [401] * 5
    assert await Callers(0.0).statuses(50) == [401] * 50

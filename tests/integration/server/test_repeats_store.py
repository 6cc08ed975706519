"""What is remembered of requests with a key, in a real database."""

import secrets
from collections.abc import AsyncIterator

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.support.postgres import Postgres
from tests.support.work import Unsteady, with_tables
from vrooli.core.errors import Busy
from vrooli.server.middleware.repeats import Repeats, _again
from vrooli.server.problems import problem_of
from vrooli.server.repeats.store import MOST, SURELY, RequestStore
from vrooli.server.repeats.words import Asked, sealed_by

SEAL = b"seal"


@pytest.fixture(scope="module")
def module_dsn(cluster: Postgres) -> str:
    """A database with the tables."""
    return with_tables(cluster)


@pytest.fixture
async def database(module_dsn: str) -> AsyncIterator[Unsteady]:
    database = Unsteady(module_dsn)
    yield database
    await database.close()


def asked(caller: str = "ann") -> Asked:
    return Asked(caller, secrets.token_hex(8), SEAL)


async def first(store: RequestStore, one: Asked, app: ASGIApp) -> list[Message]:
    """What comes of it when `app` does it."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    assert await store.begin(one) is None
    scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
    await Repeats(app, (), store, sealed_by("s"))._first(one, scope, receive, send)
    return sent


async def lost(scope: Scope, receive: Receive, send: Send) -> None:
    raise ConnectionError("after the commit")


@pytest.mark.parametrize("status", [500, 502, 503, 507])
async def test_what_failed_is_not_done_again(database: Unsteady, status: int) -> None:
    store, one = RequestStore(database), asked()
    sent = await first(store, one, JSONResponse({"code": "failed"}, status))
    assert sent[0]["status"] == status
    await is_unknown(store, one)


async def test_what_raised_is_not_done_again(database: Unsteady) -> None:
    store, one = RequestStore(database), asked()
    with pytest.raises(ConnectionError):
        await first(store, one, lost)
    await is_unknown(store, one)


async def is_unknown(store: RequestStore, one: Asked) -> None:
    before = await store.begin(one)
    assert before is not None
    answer = _again(before, SEAL)
    assert answer.status_code == 409
    assert b"unknown_outcome" in answer.body
    assert b"the server failed" in answer.body


async def test_what_was_refused_or_never_begun_is_a_new_request(database: Unsteady) -> None:
    store = RequestStore(database)
    busy = problem_of(Busy("too many at once", next_step="try again"))
    for app in (JSONResponse({}, 404), busy):
        one = asked()
        await first(store, one, app)
        assert await store.begin(one) is None


async def test_an_answer_that_could_not_be_kept_goes_out(database: Unsteady) -> None:
    """What it tells is done; sent again, the first one counts as under way."""
    store, one = RequestStore(database), asked()

    async def away(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"id": "a"}, 201)(scope, receive, send)
        database.away = True

    sent = await first(store, one, away)
    assert sent[0]["status"] == 201
    database.away = False
    before = await store.begin(one)
    assert before is not None
    assert before.answered is None


async def test_the_newest_are_kept_and_all_that_are_young(database: Unsteady) -> None:
    store, one = RequestStore(database), asked("bob")
    assert await store.begin(one) is None
    await change(
        database,
        "INSERT INTO requests (caller, key, seal, status)"
        f" SELECT 'bob', 'k' || n, '', 200 FROM generate_series(1, {MOST + 50}) n",
    )
    assert await store.begin(asked("bob")) is None
    assert await store.begin(one) is not None
    passed = f"UPDATE requests SET began_at = began_at - interval '{SURELY + 60} s'"
    await change(database, passed)
    assert await store.begin(asked("bob")) is None
    assert await store.begin(asked("bob")) is None
    assert await store.begin(one) is None  # the oldest of them


async def change(database: Unsteady, statement: str) -> None:
    async with database.connection() as connection:
        await connection.execute(statement)

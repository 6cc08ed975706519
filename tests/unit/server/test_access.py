"""Who asks, when PostgreSQL is away and when it is not."""

from pathlib import Path

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from vrooli.core.errors import Unreachable
from vrooli.server.accounts.roles import Caller, Role
from vrooli.server.auth import Access, Needs, NeedsOrToken
from vrooli.server.token_file import TokenFile

ANN = Caller("ann@example.org", Role.OPERATOR)


class World:
    """Tokens in files, and one session as long as PostgreSQL answers."""

    def __init__(self, folder: Path) -> None:
        self.state = type("State", (), {})()
        self.asked = 0
        self.away = False
        for name in ("server.token", "metrics.token"):
            (folder / name).write_text(f"of-{name}", encoding="utf-8")
        self.scraper = TokenFile(folder / "metrics.token")
        self.state.access = Access(TokenFile(folder / "server.token"), self.identify, self.owner_of)

    async def identify(self, token: str) -> Caller | None:
        self.asked += 1
        if self.away:
            raise Unreachable("PostgreSQL cannot be reached")
        return ANN if token == "of-ann" else None

    async def owner_of(self, run: str) -> str:
        return "ann@example.org"

    def request(self, token: str) -> Request:
        headers = [(b"authorization", f"bearer {token}".encode())]
        scope: Scope = {"type": "http", "headers": headers, "app": self}
        return Request(scope)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_what_is_kept_in_files_opens_also_while_postgresql_is_away(world: World) -> None:
    world.away = True
    await Needs(Role.ADMIN)(world.request("of-server.token"))
    await NeedsOrToken(Role.ADMIN, world.scraper)(world.request("of-metrics.token"))
    assert world.asked == 0
    with pytest.raises(Unreachable):
        await Needs(Role.VIEWER)(world.request("of-ann"))


async def test_a_request_is_looked_up_once_whatever_asks_for_it(world: World) -> None:
    request = world.request("of-ann")
    await Needs(Role.VIEWER)(request)
    await Needs(Role.OPERATOR)(request)
    assert await world.state.access.of(request) is ANN
    assert world.asked == 1


@pytest.mark.parametrize(
    ("token", "role", "status"),
    [("of-ann", Role.ADMIN, 403), ("of-bob", Role.VIEWER, 401), ("", Role.VIEWER, 401)],
)
async def test_nobody_is_told_from_somebody_who_may_not(
    world: World, token: str, role: Role, status: int
) -> None:
    with pytest.raises(HTTPException) as caught:
        await Needs(role)(world.request(token))
    assert caught.value.status_code == status


async def test_the_token_of_the_scraper_is_nobody_elsewhere(world: World) -> None:
    with pytest.raises(HTTPException) as caught:
        await Needs(Role.VIEWER)(world.request("of-metrics.token"))
    assert caught.value.status_code == 401

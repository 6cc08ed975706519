"""Who may have a stream open, when nobody can tell and when somebody can."""

from collections.abc import Collection

import pytest

from vrooli.core.errors import Unreachable
from vrooli.server.accounts.roles import OPERATOR, Caller, Role
from vrooli.server.staying import Staying

ANN = Caller("ann@example.org", Role.ADMIN, "1", session="s")
BOB = Caller("bob@example.org", Role.VIEWER, "2", key="k")


class World:
    """Who is known, and by which token the operator is."""

    def __init__(self) -> None:
        self.good, self.token, self.away = {ANN, BOB}, "first", False
        self.staying = Staying(self.identify, self.still, every=3600)
        self.over: list[str] = []

    async def identify(self, token: str) -> Caller | None:
        return OPERATOR if token == self.token else None

    async def still(self, callers: Collection[Caller]) -> Collection[Caller]:
        if self.away:
            raise Unreachable("PostgreSQL cannot be reached")
        return self.good.intersection(callers)


async def test_only_those_are_sent_away_who_are_not_what_they_were() -> None:
    world = World()
    stay, over = world.staying.stay, world.over
    with (
        stay(ANN, "a", lambda: over.append("ann")),
        stay(BOB, "b", lambda: over.append("bob")),
        stay(OPERATOR, "first", lambda: over.append("operator")),
    ):
        await world.staying.look()
        assert over == []
        world.good = {ANN}
        await world.staying.look()
        assert over == ["bob"]
        world.token = "second"
        await world.staying.look()
        assert set(over[1:]) == {"bob", "operator"}
    world.good = set()
    over.clear()
    await world.staying.look()
    assert over == []


async def test_nobody_is_sent_away_while_postgresql_is_away() -> None:
    world = World()
    with world.staying.stay(ANN, "a", lambda: world.over.append("ann")):
        world.good, world.away = set(), True
        with pytest.raises(Unreachable):
            await world.staying.look()
        assert world.over == []

"""A home with a real keeper for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.support.keeper_home import KeeperHome
from vrooli.host.keeper_client import KeeperClient


@pytest.fixture
async def place() -> AsyncIterator[KeeperHome]:
    """An empty home; everything that is started in it ends with the test."""
    place = KeeperHome()
    yield place
    await place.close()


@pytest.fixture
async def keeper(place: KeeperHome) -> KeeperClient:
    """Its keeper, running."""
    return await place.start()

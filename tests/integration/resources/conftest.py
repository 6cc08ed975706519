"""A real keeper for each test of a real resource."""

from collections.abc import AsyncIterator

import pytest

from tests.support.kinds import Bench, bench


@pytest.fixture
async def real() -> AsyncIterator[Bench]:
    """Where resources are started; everything is gone afterwards."""
    async with bench() as made:
        yield made

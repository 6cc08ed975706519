"""A running stack for checks of real peers."""

from collections.abc import Iterator

import pytest

from tests.support.stack import LiveStack


@pytest.fixture
def stack() -> Iterator[LiveStack]:
    """An empty one."""
    stack = LiveStack()
    yield stack
    stack.close()

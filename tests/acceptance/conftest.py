"""Every test gets stacks of its own, and fails when one of them leaves a process behind."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.stack import LiveStack


@pytest.fixture
def new_stack() -> Iterator[Callable[..., LiveStack]]:
    """Makes stacks."""
    made: list[LiveStack] = []

    def make(**options: object) -> LiveStack:
        made.append(LiveStack(**options))  # type: ignore[arg-type]  # handed on as they are
        return made[-1]

    yield make
    for stack in made:
        stack.close()


@pytest.fixture
def stack(new_stack: Callable[..., LiveStack]) -> LiveStack:
    """One."""
    return new_stack()

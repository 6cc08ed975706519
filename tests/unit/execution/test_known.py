"""What is made of a definition is made once, and not kept for ever."""

from typing import Any

import pytest

from vrooli.core.errors import UsageError
from vrooli.execution.known import MOST, Known


class _Maker:
    def __init__(self) -> None:
        self.made: list[Any] = []

    def __call__(self, definition: Any) -> tuple[Any]:
        if definition is None:
            raise UsageError("no definition", next_step="give one")
        self.made.append(definition)
        return (definition,)


def test_a_version_is_made_once() -> None:
    """The second look gets the same object."""
    maker = _Maker()
    known = Known(maker)
    assert known.of("a", 1) is known.of("a", 1)
    assert known.of("b", 2) == (2,)
    assert maker.made == [1, 2]


def test_what_was_not_needed_for_longest_goes() -> None:
    """The number of kept versions is bounded, and the first one was needed again."""
    maker = _Maker()
    known = Known(maker)
    for number in range(MOST):
        known.of(str(number), number)
    known.of("0", 0)
    known.of("one more", MOST)
    known.of("0", 0)
    assert maker.made == [*range(MOST + 1)]
    known.of("1", 1)
    assert maker.made[-1] == 1


def test_what_cannot_be_made_is_refused_each_time() -> None:
    """An error is not kept."""
    known = Known(_Maker())
    for _ in range(2):
        with pytest.raises(UsageError):
            known.of("a", None)
    assert known.of("a", 1) == (1,)

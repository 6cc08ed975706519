"""Several places read as one."""

from collections.abc import Iterator

import pytest

from vrooli.backup.copies import Copies
from vrooli.core.errors import Unreachable
from vrooli.host.memory.blobs import MemoryBlobs


class Away(MemoryBlobs):
    """A place that takes its time to give no answer; counts how often it was asked."""

    asked = 0
    where = "far"

    def get(self, name: str) -> bytes:
        self.asked += 1
        raise Unreachable("no answer in time")

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        self.asked += 1
        raise Unreachable("no answer in time")


@pytest.fixture
def near() -> MemoryBlobs:
    near = MemoryBlobs()
    near.put("keys/one", b"1")
    near.put("keys/two", b"22")
    return near


@pytest.mark.parametrize("first", [True, False])
def test_who_gives_no_answer_is_not_asked_for_each_thing_anew(
    near: MemoryBlobs, first: bool
) -> None:
    away, said = Away(), list[str]()
    places, known = [away, near] if first else [near, away], set[str]()
    for _ in range(3):
        both = Copies(places, b"", said.append, known)
        assert list(both.sizes("keys/")) == [("keys/one", 1), ("keys/two", 2)]
        assert both.get("keys/one") == b"1"
    assert away.asked == 1
    assert said == ["far: no answer in time; another store is asked"]


def test_it_is_asked_again_for_what_no_other_has(near: MemoryBlobs) -> None:
    away = Away()
    both = Copies([near, away], b"", lambda _: None)
    list(both.sizes("keys/"))
    with pytest.raises(Unreachable):
        both.get("keys/three")
    assert away.asked == 2


def test_where_none_answers_that_is_told() -> None:
    both = Copies([Away(), Away()], b"", lambda _: None)
    for _ in range(2):
        with pytest.raises(Unreachable):
            list(both.sizes("keys/"))

import asyncio
import gc
import weakref

import pytest

from tests.support.until import until
from vrooli.main import garbage
from vrooli.main.garbage import FEWEST, NEVER, is_due, tended


class Ring:
    """Refers to itself: only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_all_is_looked_at_again_when_twice_as_much_lies_aside() -> None:
    assert not is_due(aside=FEWEST, before=FEWEST)
    assert not is_due(aside=2 * FEWEST - 1, before=FEWEST)
    assert is_due(aside=2 * FEWEST, before=FEWEST)
    assert not is_due(aside=5 * FEWEST, before=3 * FEWEST)


def test_a_small_process_waits_until_there_is_much() -> None:
    assert not is_due(aside=10_000, before=1_000)
    assert is_due(aside=FEWEST + 1_000, before=1_000)


async def test_new_garbage_goes_soon_and_old_garbage_with_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(garbage, "FEWEST", 1)
    monkeypatch.setattr(garbage, "GROWTH", 1)
    async with tended(every=0.01):
        young = weakref.ref(Ring())
        kept = Ring()
        old = weakref.ref(kept)
        await until(lambda: young() is None and gc.get_freeze_count() > 0)
        del kept  # it was set aside by now
        await until(lambda: old() is None)


async def test_python_looks_by_itself_again_afterwards() -> None:
    before = gc.get_threshold()
    async with tended():
        await asyncio.sleep(0)
        assert gc.get_threshold()[2] == NEVER
        assert gc.get_freeze_count()
    assert gc.get_threshold() == before
    assert not gc.get_freeze_count()

"""Where it is written down who is told what: in the spool, and in memory."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from vrooli.autoheal import spool
from vrooli.autoheal.history import History
from vrooli.autoheal.notices import SpoolStore
from vrooli.core.errors import StorageError
from vrooli.host.clock import SystemClock
from vrooli.host.memory.notices import MemoryStore
from vrooli.notify.store import Document, Store


def doc(key: str, *, kind: str = "delivery", live: bool = True, at: float = 10.0) -> Document:
    """A document."""
    return Document(kind, key, live, at, {"said": f"{key} ✓ \0 \ud800", "n": [1, None]})


@pytest.fixture(params=["spool", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Empty."""
    if request.param == "memory":
        yield MemoryStore()
        return
    history = History(tmp_path / "spool.db", "boot", SystemClock())
    await history.start()
    yield SpoolStore(history)
    await history.close()


async def test_what_is_written_is_read_back_whole(store: Store) -> None:
    await store.write([doc("1")])
    assert await store.find("delivery", "1") == doc("1")
    assert await store.find("delivery", "2") is None
    assert await store.find("incident", "1") is None


async def test_a_second_writing_replaces_the_first_and_keeps_its_place(store: Store) -> None:
    await store.write([doc("1"), doc("2")])
    await store.write([doc("1", at=99.0)])
    assert await store.recent("delivery", 9) == [doc("2"), doc("1", at=99.0)]


async def test_only_what_is_unfinished_is_live_the_oldest_first(store: Store) -> None:
    await store.write([doc("9"), doc("10"), doc("a", kind="incident"), doc("11")])
    await store.write([doc("10", live=False)])
    assert [one.id for one in await store.live()] == ["9", "a", "11"]


async def test_the_newest_are_those_written_last_whatever_the_clock_says(store: Store) -> None:
    await store.write([doc("1", at=50.0), doc("2", at=40.0)])
    await store.write([doc("3", at=30.0, live=False)])
    assert [one.id for one in await store.recent("delivery", 2)] == ["3", "2"]


async def test_only_what_is_finished_and_old_is_purged(store: Store) -> None:
    await store.write([doc("1", live=False, at=1.0), doc("2", at=1.0), doc("3", live=False)])
    assert await store.purge(5.0) == 1
    assert [one.id for one in await store.recent("delivery", 9)] == ["3", "2"]


async def test_a_refused_writing_says_so(tmp_path: Path) -> None:
    memory = MemoryStore()
    memory.failure = StorageError("the disk is full", next_step="free some")
    with pytest.raises(StorageError):
        await memory.write([doc("1")])
    history = History(tmp_path / "spool.db", "boot", SystemClock())
    await history.start()
    await history.close()
    with pytest.raises(StorageError):
        await SpoolStore(history).write([doc("1")])


async def test_what_is_unfinished_survives_the_loss_of_the_spool(tmp_path: Path) -> None:
    """A damaged file is set aside; the new one gets what was in the old one and is not over."""
    path = tmp_path / "spool.db"
    history = History(path, "boot", SystemClock())
    await history.start()
    store = SpoolStore(history)
    await store.write([doc("1"), doc("2", live=False)])
    path.unlink()
    await store.write([doc("3")])  # the writer notices, and goes on with a new file
    await store.write([doc("4")])
    assert sorted(one.id for one in await store.live()) == ["1", "3", "4"]
    await history.close()


async def test_a_spool_of_before_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    before = next(n for n, sql in enumerate(spool.MIGRATIONS) if "TABLE notices" in sql[0])
    with closing(sqlite3.connect(path)) as connection:
        for statement in (text for sql in spool.MIGRATIONS[:before] for text in sql):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {before}")
        connection.commit()
    history = History(path, "boot", SystemClock())
    await history.start()
    store = SpoolStore(history)
    await store.write([doc("1")])
    assert await store.live() == [doc("1")]
    await history.close()

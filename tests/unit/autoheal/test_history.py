"""The history: what is acknowledged stays, and what is read is what was written."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.until import until
from vrooli.autoheal.history import History, Settings
from vrooli.autoheal.record import MAX_DATA, Kind, Record
from vrooli.core.errors import StorageError


class WallClock:
    """A wall clock set by the test."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def result(subject: str = "disk", status: str = "ok", **fields: Any) -> Record:
    return Record(Kind.RESULT, subject, status, **fields)


def folder(path: Path, pattern: str = "*") -> list[Path]:
    return sorted(path.glob(pattern))


def scribble(file: Path) -> None:
    """Overwrite in place (same inode), as a failing disk does."""
    with file.open("r+b") as handle:
        handle.write(os.urandom(os.fstat(handle.fileno()).st_size))


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    opened = History(tmp_path / "spool.db", "boot-1", WallClock())
    await opened.start()
    yield opened
    await opened.close()


async def test_committed_record_is_read_back_whole(history: History) -> None:
    record = Record(Kind.HEAL, "web", "healed", 1.5, {"action": "restart"}, at=12.0)
    seq = await history.commit(record)
    [entry] = await history.records("heal", "web")
    assert entry.to_json() == {
        "seq": seq,
        "boot": "boot-1",
        "at": 12.0,
        "kind": "heal",
        "subject": "web",
        "status": "healed",
        "value": 1.5,
        "data": {"action": "restart"},
    }


async def test_new_spool_numbers_from_the_wall_clock(history: History) -> None:
    assert await history.commit(result()) == 1_700_000_000_001


async def test_spool_is_private(history: History, tmp_path: Path) -> None:
    await history.commit(result())
    for file in folder(tmp_path, "spool.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_appended_results_are_written_soon_and_in_order(history: History) -> None:
    for number in range(1200):
        history.append(result(value=float(number)))
    await until(lambda: history.health().backlog == 0)
    entries = await history.after(0, 10_000)
    assert [entry.value for entry in entries] == [float(number) for number in range(1200)]


async def test_record_without_a_time_gets_the_wall_clock(history: History) -> None:
    await history.commit(result())
    entry = await history.latest("result", "disk")
    assert entry is not None
    assert entry.at == 1_700_000_000.0


async def test_records_are_chosen_by_kind_subject_and_time(history: History) -> None:
    for at in range(5):
        await history.commit(result("a", at=100.0 + at))
    await history.commit(result("b", at=102.0))
    await history.commit(Record(Kind.EVENT, "a", at=102.0))
    found = await history.records("result", "a", since=101.0, until=104.0)
    assert [entry.at for entry in found] == [103.0, 102.0, 101.0]
    assert len(await history.records(limit=2)) == 2
    assert await history.counts("result") == {"a": {"ok": 5}, "b": {"ok": 1}}
    assert await history.latest("heal", "a") is None


async def test_state_is_kept_and_forgotten(history: History) -> None:
    await history.put_states({"backoff/web": {"n": 3}, "backoff/db": 1, "other": True})
    assert await history.get_state("backoff/web") == {"n": 3}
    assert await history.all_state("backoff/") == {"backoff/web": {"n": 3}, "backoff/db": 1}
    await history.put_state("backoff/web", None)
    assert await history.get_state("backoff/web") is None


async def test_state_and_record_are_written_together(history: History) -> None:
    await history.put_state("heal/web", {"phase": "verify"})
    await history.commit_with_state(Record(Kind.HEAL, "web", "healed"), {"heal/web": None})
    assert await history.get_state("heal/web") is None
    assert await history.latest("heal", "web") is not None


async def test_history_survives_a_restart_with_rising_numbers(tmp_path: Path) -> None:
    seqs = []
    for boot in ("boot-1", "boot-2"):
        # The second start has its clock an hour back, which must not turn the numbers back.
        clock = WallClock(1_700_000_000.0 - (3600 if boot == "boot-2" else 0))
        history = History(tmp_path / "spool.db", boot, clock)
        await history.start()
        seqs.append(await history.commit(result()))
        assert history.last_seq == seqs[-1]
        assert await history.close()
    assert seqs[1] == seqs[0] + 1


async def test_close_writes_what_was_only_appended(tmp_path: Path) -> None:
    history = History(tmp_path / "spool.db", "boot", WallClock())
    await history.start()
    history.append(result())
    assert await history.close()
    with sqlite3.connect(tmp_path / "spool.db") as connection:
        assert connection.execute("SELECT count(*) FROM records").fetchone() == (1,)
    connection.close()
    with pytest.raises(StorageError, match="closed"):
        await history.commit(result())


@pytest.mark.parametrize(
    "data",
    [{"n": float("nan")}, {"o": object()}, {"s": "x" * (MAX_DATA + 1)}, {"u": "\ud800"}],
    ids=["nan", "object", "large", "surrogate"],
)
async def test_odd_content_is_kept_in_some_form(history: History, data: dict[str, Any]) -> None:
    await history.commit(Record(Kind.EVENT, "s\ud800", data=data, value=float("inf")))
    [entry] = await history.records("event")
    assert entry.value is None
    assert entry.data
    assert entry.subject == "s?"


async def test_removed_file_is_replaced_and_that_is_recorded(
    history: History, tmp_path: Path
) -> None:
    await history.commit(result())
    for file in folder(tmp_path, "spool.db*"):
        file.unlink()
    await history.commit(result("after"))
    assert await history.latest("result", "after") is not None
    event = await history.latest("event", "spool")
    assert event is not None
    assert "removed" in event.data["message"]


async def test_lost_file_never_gives_a_number_twice_although_the_clock_went_back(
    tmp_path: Path,
) -> None:
    clock = WallClock()
    history = History(tmp_path / "spool.db", "boot", clock)
    await history.start()
    before = await history.commit(result())
    clock.now -= 3600
    for file in folder(tmp_path, "spool.db*"):
        file.unlink()
    assert await history.commit(result()) > before
    assert await history.close()


@pytest.mark.parametrize("damage", [b"this is no database" * 100, b"\0" * 8192])
async def test_damaged_file_is_set_aside_and_that_is_recorded(
    tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "spool.db"
    path.write_bytes(damage)
    history = History(path, "boot", WallClock())
    await history.start()
    await history.commit(result())
    [event] = await history.records("event", "spool")
    await history.close()
    [aside] = folder(tmp_path, "*corrupt-1700000000")
    assert aside.read_bytes() == damage
    assert str(aside) in event.data["message"]


async def test_damage_while_running_is_met_set_aside_and_survived(
    history: History, tmp_path: Path
) -> None:
    for number in range(20):
        await history.commit(result(f"early-{number}"))
    for name in ("spool.db", "spool.db-wal"):
        scribble(tmp_path / name)
    with suppress(StorageError):
        await history.counts("result")  # the reader meets it first: the writer works on its cache
    await until(lambda: bool(folder(tmp_path, "*corrupt*")))
    for number in range(50):
        await history.commit(result(f"late-{number}"))
    found = await history.counts("result")
    assert {f"late-{number}" for number in range(50)} <= set(found)
    event = await history.latest("event", "spool")
    assert event is not None
    assert "damaged" in event.data["message"]


async def test_newer_schema_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    history = History(path, "boot", WallClock(), Settings(commit_seconds=0.2))
    await history.start()
    assert "newer version" in history.health().error
    with pytest.raises(StorageError, match="newer version"):
        await history.commit(result())
    assert not await history.close(timeout=0.2)

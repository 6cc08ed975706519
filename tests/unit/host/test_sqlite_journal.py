"""What only a file can do: be locked, damaged, away, and outlive its writer."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from vrooli.core.errors import Refused, StorageError
from vrooli.flow.entries import Finished
from vrooli.flow.journal import Written
from vrooli.host.sqlite_journal import SqliteJournals

WRITER = """
import asyncio, sys
from pathlib import Path
from vrooli.flow.entries import Finished
from vrooli.host.sqlite_journal import SqliteJournals

async def main():
    journal = await SqliteJournals(Path(sys.argv[1])).claim(sys.argv[2])
    for number in range(10**9):
        await journal.write(Finished(f"s{number}", 1, "do", number))
        print(number, flush=True)

asyncio.run(main())
"""


def done(path: str) -> Finished:
    return Finished(path, 1, "do", None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
async def journals(path: Path) -> AsyncIterator[SqliteJournals]:
    journals = SqliteJournals(path)
    yield journals
    await journals.close()


def writer(path: Path, run: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(path), run]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def test_what_was_told_to_be_written_outlives_kill_9(
    path: Path, journals: SqliteJournals
) -> None:
    with writer(path, "r") as process:
        assert process.stdout is not None
        told = [await asyncio.to_thread(process.stdout.readline) for _ in range(50)]
        process.kill()
        told += process.stdout.readlines()
    entries = await (await journals.claim("r")).read()
    last = int(told[-1])
    assert [one.path for one in entries][: last + 1] == [f"s{n}" for n in range(last + 1)]


async def test_two_processes_write_one_file(path: Path, journals: SqliteJournals) -> None:
    journal = await journals.claim("ours")
    with writer(path, "theirs") as process:
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
        for number in range(50):
            assert await journal.write(done(f"s{number}")) is Written.DONE
        await journals.claim("theirs")
        process.stdout.close()
        process.kill()
    assert len(await journal.read()) == 50


async def test_the_file_is_ours_alone_and_in_wal_mode(path: Path, journals: SqliteJournals) -> None:
    await journals.claim("r")
    assert path.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_the_loop_goes_on_while_the_file_is_locked(
    path: Path, journals: SqliteJournals
) -> None:
    journal = await journals.claim("r")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        writing = asyncio.ensure_future(journal.write(done("a")))
        turns = 0
        for _ in range(100):
            await asyncio.sleep(0)
            turns += not writing.done()
        assert turns == 100
        file.execute("ROLLBACK")
        assert await writing is Written.DONE


async def test_a_file_that_stays_locked_may_be_tried_again(
    path: Path, journals: SqliteJournals
) -> None:
    journal = await journals.claim("r")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked") as caught:
            await journal.write(done("a"))
        assert caught.value.retryable
        file.execute("ROLLBACK")
    assert await journal.write(done("a")) is Written.DONE


async def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    journals = SqliteJournals(tmp_path / "gone" / "journal.sqlite")
    with pytest.raises(StorageError) as caught:
        await journals.claim("r")
    assert caught.value.retryable
    (tmp_path / "gone").mkdir()
    assert await (await journals.claim("r")).read() == []
    await journals.close()


async def test_a_damaged_file_is_no_use_to_try_again(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)
    journals = SqliteJournals(path)
    with pytest.raises(StorageError) as caught:
        await journals.claim("r")
    assert not caught.value.retryable
    await journals.close()


async def test_a_run_that_has_ended_is_claimed_by_nobody(journals: SqliteJournals) -> None:
    await journals.claim("r")
    await journals.end("r")
    with pytest.raises(Refused, match="the run has ended"):
        await journals.claim("r")


async def test_closing_writes_what_waits(path: Path) -> None:
    journals = SqliteJournals(path)
    journal = await journals.claim("r")
    writing = [asyncio.ensure_future(journal.write(done(f"s{n}"))) for n in range(100)]
    await asyncio.sleep(0)
    for task in writing:
        task.cancel()
    await journals.close()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM steps").fetchone() == (100,)

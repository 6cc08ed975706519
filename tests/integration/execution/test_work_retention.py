"""What is too old really goes: runs, files, large outputs. And nothing else."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.work import WorkDatabase
from vrooli.core.errors import StorageError
from vrooli.core.ports.workspaces import Workspaces
from vrooli.execution.artifacts import LARGE
from vrooli.execution.batcher import Batcher
from vrooli.execution.journal import PostgresJournal
from vrooli.flow.entries import Finished
from vrooli.host.workspaces import FolderWorkspaces
from vrooli.server import work_retention
from vrooli.server.work_retention import KeepRuns, WorkRetention

KEEP = KeepRuns(timedelta(days=30), timedelta(days=90), None)


class Stuck(FolderWorkspaces):
    """A disk that does not let go of the files of some runs."""

    stuck = ""

    async def remove(self, run: str) -> None:
        """Refuses for those."""
        if self.stuck and run.startswith(self.stuck):
            raise StorageError("the disk refuses: Read-only file system", next_step="see to it")
        await super().remove(run)


@pytest.fixture
def files(tmp_path: Path) -> Stuck:
    return Stuck(tmp_path)


@pytest.fixture
async def work(work: WorkDatabase) -> WorkDatabase:
    """Without what tests before left behind."""
    await work.execute("DELETE FROM runs")
    await work.execute("DELETE FROM run_trees")
    await work.execute("DELETE FROM artifacts")
    return work


async def ended(
    work: WorkDatabase, status: str, days: float, output: Any = 1, root: str = ""
) -> str:
    """A run with one step that ended so long ago."""
    run = f"{status[0]}{days:g}-{secrets.token_hex(4)}"
    await (work.child(run, root) if root else work.create(run))
    journal = PostgresJournal(work.database, Batcher(work.database), run, await work.claim(run))
    await journal.write(Finished("a", 1, "do", output, None, 1.0))
    age = timedelta(days=days)
    update = "UPDATE runs SET status = $2, ended_at = now() - $3::interval WHERE id = $1"
    await work.execute(update, run, status, age)
    return run


async def left(work: WorkDatabase) -> set[str]:
    """Runs that are still there."""
    return {str(row[0]) for row in await work.fetch("SELECT id FROM runs")}


def retention(work: WorkDatabase, files: Workspaces, keep: KeepRuns = KEEP) -> WorkRetention:
    return WorkRetention(work.database, files, keep, grace=timedelta(0))


async def test_each_class_goes_at_its_age_and_takes_all_with_it(
    work: WorkDatabase, files: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_retention, "MOST_TREES", 2)  # several batches
    old = [await ended(work, "completed", 31) for _ in range(5)] + [await ended(work, "failed", 91)]
    young = {await ended(work, "completed", 29), await ended(work, "failed", 89)}
    young.add(await ended(work, "cancelled", 4000))
    swept = await retention(work, files).sweep()
    assert (swept.runs, swept.failures) == (6, ())
    assert await left(work) == young
    for table, column in (("steps", "run"), ("run_events", "root"), ("run_trees", "root")):
        query = f"SELECT count(*) FROM {table} WHERE {column} = ANY($1)"
        assert await work.fetch(query, old) == [(0,)]
    assert (await retention(work, files).sweep()).runs == 0


async def test_a_tree_stays_while_one_of_it_runs_or_is_young(
    work: WorkDatabase, files: Stuck
) -> None:
    roots = [await ended(work, "completed", 400) for _ in range(3)]
    running = f"child-{secrets.token_hex(4)}"
    await work.child(running, roots[0])
    young = await ended(work, "failed", 1, root=roots[1])
    old = await ended(work, "failed", 300, root=roots[2])
    assert (await retention(work, files).sweep()).runs == 2
    assert await left(work) == {roots[0], running, roots[1], young}
    assert not {roots[2], old} & await left(work)


async def test_files_go_with_their_run_and_what_cannot_go_is_told(
    work: WorkDatabase, files: Stuck
) -> None:
    runs = [await ended(work, "completed", age) for age in (31, 31, 1)]
    for run in runs:
        await files.write(run, "a/report.md", b"x")
    keep = KeepRuns(timedelta(days=30), None, timedelta(microseconds=1))  # no folder is too young
    files.stuck = runs[0]
    swept = await retention(work, files, keep).sweep()
    assert (swept.runs, swept.folders) == (2, 1)
    assert swept.failures == (f"files of run {runs[0]}: the disk refuses: Read-only file system",)
    assert [len(await files.listed(run)) for run in runs] == [1, 0, 1]
    files.stuck = ""
    swept = await retention(work, files, keep).sweep()
    assert (swept.runs, swept.folders, swept.failures) == (0, 1, ())
    assert [len(await files.listed(run)) for run in runs] == [0, 0, 1]


async def test_files_of_runs_that_another_database_knows_stay(
    work: WorkDatabase, files: Stuck
) -> None:
    await files.write("elsewhere", "x", b"x")
    assert (await retention(work, files).sweep()).folders == 0
    assert len(await files.listed("elsewhere")) == 1


async def test_a_large_output_goes_when_the_last_run_that_has_it_is_gone(
    work: WorkDatabase, files: Stuck
) -> None:
    text = secrets.token_hex(LARGE)
    old = await ended(work, "completed", 31, text)
    other = await ended(work, "completed", 1, text)
    assert (await retention(work, files).sweep()).artifacts == 0
    assert await left(work) == {other}
    journal = PostgresJournal(work.database, Batcher(work.database), other, 0)
    (entry,) = await journal.read()
    assert isinstance(entry, Finished)
    assert entry.output == text
    assert old not in await left(work)
    await work.execute("UPDATE runs SET ended_at = now() - interval '31 days'")
    swept = await retention(work, files).sweep()
    assert (swept.runs, swept.artifacts) == (1, 1)
    kept = WorkRetention(work.database, files, KEEP)
    await ended(work, "completed", 31, text)
    swept = await kept.sweep()
    assert (swept.runs, swept.artifacts) == (1, 0), "who has just stored it may yet refer to it"


async def test_a_copy_of_a_run_keeps_what_it_refers_to_once_it_was_read(
    work: WorkDatabase, files: Stuck
) -> None:
    text = secrets.token_hex(LARGE)
    old, copy = await ended(work, "completed", 31, text), f"copy-{secrets.token_hex(4)}"
    await work.create(copy)
    await work.execute(
        "INSERT INTO steps (run, path, attempt, type, status, output, ended_at)"
        " SELECT $1, path, attempt, type, status, output, ended_at FROM steps WHERE run = $2",
        *(copy, old),
    )
    journal = PostgresJournal(work.database, Batcher(work.database), copy, 0)
    await journal.read()
    swept = await retention(work, files).sweep()
    assert (swept.runs, swept.artifacts) == (1, 0)
    (entry,) = await journal.read()
    assert isinstance(entry, Finished)
    assert entry.output == text


async def test_while_the_database_is_away_the_sweep_tells_and_ends(
    work: WorkDatabase, files: Stuck
) -> None:
    work.database.away = True
    swept = await retention(work, files).sweep()
    assert [one.partition(":")[0] for one in swept.failures] == [
        *("completed runs", "failed runs", "large outputs")
    ]

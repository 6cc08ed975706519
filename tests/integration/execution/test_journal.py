"""What PostgreSQL alone can prove of the journal: events without gap, and a fence that holds."""

import asyncio
import secrets
from functools import partial

import pytest

from tests.support.work import WorkDatabase
from vrooli.core.errors import VrooliError
from vrooli.execution.batcher import MOST, Batcher
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.runs.views import LARGEST_PAGE, RunViews
from vrooli.flow.entries import Begun, Entry, Failure, Finished
from vrooli.flow.journal import Written
from vrooli.flow.patience import patiently
from vrooli.host.clock import SystemClock


def begun(path: str) -> Begun:
    return Begun(path, 1, "do", {"x": 1}, 1_700_000_000.0)


def done(path: str, output: object = None) -> Finished:
    return Finished(path, 1, "do", output, None, 1_700_000_000.0)


@pytest.fixture
def name() -> str:
    """Of a run of the test's own."""
    return secrets.token_hex(6)


async def events(work: WorkDatabase, root: str) -> list[tuple[object, ...]]:
    return await work.fetch(
        "SELECT seq, run, kind, data->>'path' FROM run_events WHERE root = $1 ORDER BY seq", root
    )


async def test_events_of_a_tree_are_numbered_without_gap_whoever_writes(
    work: WorkDatabase, other: WorkDatabase, name: str
) -> None:
    """Forty runs of one tree by two processes, and one more that is cancelled meanwhile."""
    await work.create(name)
    runs = [f"{name}.{number}" for number in range(40)]
    for run in [*runs, f"{name}.z"]:
        await work.child(run, name)
    batchers = [Batcher(work.database), Batcher(other.database)]

    async def drive(number: int, run: str) -> None:
        place = (work, other)[number % 2]
        journal = PostgresJournal(place.database, batchers[number % 2], run, await place.claim(run))
        for step in range(10):
            pair: list[Entry] = [begun(f"s{step}"), done(f"s{step}")]
            assert await asyncio.gather(*map(journal.write, pair)) == [Written.DONE] * 2
            assert await journal.write(done(f"s{step}")) is Written.DUPLICATE
        await place.end(run)

    cancelling = work.store.cancel(f"{name}.z", "somebody")
    await asyncio.gather(*(drive(*one) for one in enumerate(runs)), cancelling)
    found = await events(work, name)
    assert [one[0] for one in found] == list(range(1, 1 + 1 + 40 * 21 + 1))
    ((last,),) = await work.fetch("SELECT seq FROM run_trees WHERE root = $1", name)
    assert last == len(found)
    for run in runs:
        told = [(kind, path) for _, of, kind, path in found if of == run]
        pairs = [(f"step.{kind}", f"s{n}") for n in range(10) for kind in ("begun", "completed")]
        assert told == [*pairs, ("run.completed", None)]


async def test_trees_do_not_wait_for_each_other_for_ever(
    work: WorkDatabase, other: WorkDatabase, name: str
) -> None:
    """Each batch holds many runs and trees, in whatever order they came, and so does a renewal."""
    runs = [f"{name}{number:02}" for number in range(30)]
    fences = {run: await work.claim(run) for run in runs}
    batchers = [Batcher(work.database), Batcher(other.database)]

    async def write(number: int) -> list[Written]:
        order = runs if number % 2 else runs[::-1]
        writing = (
            batchers[number % 2].write(run, fences[run], done(f"s{number}")) for run in order
        )
        return await asyncio.gather(*writing)

    async def renew(number: int) -> int:
        order = list(fences.items())[:: 1 if number % 2 else -1]
        return len(await (work, other)[number % 2].store.renew(order, 60.0))

    for round_ in range(15):
        numbers = range(round_ * 4, round_ * 4 + 4)
        renewing = asyncio.gather(*map(renew, numbers))
        for found in await asyncio.gather(*map(write, numbers)):
            assert set(found) == {Written.DONE}
        assert set(await renewing) == {len(runs)}
    ((deadlocks,),) = await work.fetch(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert deadlocks == 0


async def test_who_was_followed_gets_no_row_through(
    work: WorkDatabase, other: WorkDatabase, name: str
) -> None:
    """A zombie writes as fast as it can while its runs are taken over again and again: what a new
    owner reads first is all that its predecessors ever wrote.
    """
    runs = [f"{name}{number}" for number in range(4)]
    owners = {run: await work.claim(run) for run in runs}
    batchers = [Batcher(place.database) for place in (work, other)]
    seen: dict[tuple[str, int], set[str]] = {}
    over = False

    async def haunt(batcher: Batcher, number: int) -> None:
        turn = 0
        while not over:
            turn += 1
            writing = []
            for run, fence in owners.items():
                for part in range(10):
                    entry = done(f"s{number}.{turn}.{part}.{fence}", fence)
                    writing.append(batcher.write(run, fence, entry))
            await asyncio.gather(*writing)

    async def take_over() -> None:
        nonlocal over
        for _ in range(10):
            for run in runs:
                fence = await other.claim(run)
                rows = await other.fetch("SELECT path FROM steps WHERE run = $1", run)
                seen[run, fence] = {row[0] for row in rows}
                owners[run] = fence
        over = True

    haunting = [haunt(batcher, number) for number, batcher in enumerate(batchers)]
    await asyncio.gather(take_over(), *haunting)
    late = 0
    for (run, fence), before in seen.items():
        query = "SELECT path FROM steps WHERE run = $1 AND output::text::bigint < $2"
        late += len({row[0] for row in await work.fetch(query, run, fence)} - before)
    assert late == 0
    ((rows,),) = await work.fetch("SELECT count(*) FROM steps WHERE run = ANY($1)", runs)
    assert rows > 1000, "it did haunt"


async def test_nothing_is_told_of_what_is_not_written(work: WorkDatabase, name: str) -> None:
    fence = await work.claim(name)
    batcher = Batcher(work.database)
    await batcher.write(name, fence, done("a"))
    assert await batcher.write(name, fence, done("a")) is Written.DUPLICATE
    assert await batcher.write(name, fence - 1, done("b")) is Written.FENCED
    assert await work.store.cancel(name, "somebody")
    assert await batcher.write(name, fence, done("c")) is Written.FENCED
    kinds = [kind for _, _, kind, _ in await events(work, name)]
    assert kinds == ["run.created", "step.completed", "run.cancelled"]


async def test_alone_or_beside_others_the_same_is_written(work: WorkDatabase, name: str) -> None:
    """An entry alone has a statement of its own, and both must say and leave the same."""
    failure = Failure("x", "é", "w", retryable=True)
    story: list[tuple[int, Entry]] = [
        (0, begun("a")),
        (0, begun("a")),
        (0, done("a", {"b": [1]})),
        (0, done("a")),
        (0, begun("a")),
        (0, Finished("c", 2, "do", None, failure, 1_700_000_000.25)),
        (-1, done("d")),
        (0, done("e/model[1]", "a note")),
    ]
    found = []
    for run, company in ((f"{name}a", 0), (f"{name}b", 3)):
        fence, others = await work.claim(run), [f"{run}{number}" for number in range(company)]
        fences = [await work.claim(other) for other in others]
        batcher, said = Batcher(work.database), []
        for late, entry in story:
            beside = zip(others, fences, strict=True)
            writing = [batcher.write(run, fence + late, entry)]
            writing += [batcher.write(other, its, done(entry.path)) for other, its in beside]
            said.append((await asyncio.gather(*writing))[0])
        assert said.count(Written.DONE) == 4
        found.append((said, [await work.fetch(query, run) for query in _LEFT]))
    assert found[0] == found[1]


_LEFT = (
    """SELECT path, attempt, type, status, arguments::text, output::text, failure::text, begun_at,
              ended_at FROM steps WHERE run = $1 ORDER BY n""",
    """SELECT seq, kind, data, at FROM run_events
       WHERE root = $1 AND kind NOT LIKE 'run.%' ORDER BY 1""",
    "SELECT seq, steps FROM run_trees WHERE root = $1",
)


async def test_a_connection_that_is_lost_while_it_is_kept_loses_nothing(
    work: WorkDatabase, name: str
) -> None:
    fence, batcher = await work.claim(name), Batcher(work.database)
    journal = PostgresJournal(work.database, batcher, name, fence)
    lose = partial(
        work.execute,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    for number in range(3):
        entry = done(f"s{number}")
        assert await patiently(SystemClock(), partial(journal.write, entry)) is Written.DONE
        await patiently(SystemClock(), lose)
    assert len(await patiently(SystemClock(), journal.read)) == 3


async def test_a_run_that_is_not_there_takes_nothing(work: WorkDatabase) -> None:
    assert await Batcher(work.database).write("nobody", 1, done("a")) is Written.FENCED


async def test_a_burst_goes_in_few_statements(work: WorkDatabase, name: str) -> None:
    """And one that is larger than a statement may be is written all the same."""
    fence = await work.claim(name)
    batcher = Batcher(work.database)
    many = [f"s{number}" for number in range(MOST + 100)]
    large = [(f"large{number}", "x" * 1_000_000) for number in range(40)]
    writing = [batcher.write(name, fence, done(path)) for path in many]
    writing += [batcher.write(name, fence, done(path, output)) for path, output in large]
    assert set(await asyncio.gather(*writing)) == {Written.DONE}
    rows = await work.fetch(
        "SELECT xmin::text, count(*) FROM steps WHERE run = $1 GROUP BY 1", name
    )
    assert len(rows) < 20


async def test_a_row_that_cannot_be_stored_does_not_sink_its_batch(
    work: WorkDatabase, name: str
) -> None:
    fence = await work.claim(name)
    batcher = Batcher(work.database)
    paths = ["a", "b", "\0", "c"]
    found = await asyncio.gather(
        *(batcher.write(name, fence, done(path)) for path in paths), return_exceptions=True
    )
    assert isinstance(found.pop(2), VrooliError)
    assert found == [Written.DONE] * 3


async def test_closing_waits_for_what_is_on_its_way(work: WorkDatabase, name: str) -> None:
    fence = await work.claim(name)
    batcher = Batcher(work.database)
    writing = [asyncio.ensure_future(batcher.write(name, fence, done(p))) for p in "abc"]
    await asyncio.sleep(0)
    for task in writing:
        task.cancel()
    await batcher.close()
    await batcher.close()
    rows = await work.fetch("SELECT path FROM steps WHERE run = $1", name)
    assert sorted(row[0] for row in rows) == ["a", "b", "c"]


async def test_failures_come_back_whole(work: WorkDatabase, name: str) -> None:
    journal = PostgresJournal(work.database, Batcher(work.database), name, await work.claim(name))
    entry = Finished("a", 1, "do", None, Failure("x", "é", "w", retryable=True), 1_700_000_000.25)
    await journal.write(entry)
    assert await journal.read() == [entry]


async def test_a_page_of_the_journal_ends_where_it_would_be_too_large(
    work: WorkDatabase, name: str
) -> None:
    fence = await work.claim(name)
    large = "x" * 60_000
    paths = [f"s{number:03}" for number in range(200)]
    batcher = Batcher(work.database)
    await asyncio.gather(*(batcher.write(name, fence, done(path, large)) for path in paths))
    seen: list[str] = []
    after, pages, looks, more = 0, 0, RunViews(work.database), True
    while more:
        page, more = await looks.steps(name, after, 1000)
        assert sum(len(one["output"]) for one in page) <= LARGEST_PAGE + 60_000
        seen += [one["path"] for one in page]
        after, pages = page[-1]["n"], pages + 1
    assert sorted(seen) == paths
    assert pages == 3

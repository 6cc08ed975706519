"""The journal of a run: memory, one SQLite file and PostgreSQL keep the same promises."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import running_postgres
from tests.support.work import WorkDatabase, prepare
from vrooli.core.errors import VrooliError
from vrooli.execution.batcher import Batcher
from vrooli.execution.journal import PostgresJournal
from vrooli.flow.driver import Fenced
from vrooli.flow.entries import Again, Begun, Entry, Failure, Finished
from vrooli.flow.failed import Failed
from vrooli.flow.journal import Journal, Written
from vrooli.flow.notes import Note, Notebook, Turn
from vrooli.host.clock import SystemClock
from vrooli.host.memory.journal import MemoryJournals
from vrooli.host.sqlite_journal import SqliteJournals


@dataclass
class Runs:
    """Runs, and what happens to them from outside.

    Attributes:
        claim: the journal of a run that is ours from now on, and nobody else's.
        end: a run ends.
        again: it goes on after its end, and of some steps the attempts so far count no more.
        anew: the same journals as another process sees them.
    """

    claim: Callable[[str], Awaitable[Journal]]
    end: Callable[[str], Awaitable[Any]]
    again: Callable[[str, Mapping[str, int]], Awaitable[Any]]
    anew: Callable[[], Awaitable["Runs"]]


def memory(journals: MemoryJournals) -> Runs:
    async def anew() -> Runs:
        return memory(journals)

    return Runs(journals.claim, journals.end, journals.again, anew)


async def sqlite(path: Path, opened: list[SqliteJournals]) -> Runs:
    journals = SqliteJournals(path)
    opened.append(journals)
    return Runs(journals.claim, journals.end, journals.again, lambda: sqlite(path, opened))


async def postgres(dsn: str, prefix: str, opened: list[WorkDatabase]) -> Runs:
    work = WorkDatabase(dsn)
    opened.append(work)
    batcher = Batcher(work.database)

    async def claim(run: str) -> Journal:
        fence = await work.claim(prefix + run)
        return PostgresJournal(work.database, batcher, prefix + run, fence)

    async def again(run: str, given_up: Mapping[str, int]) -> None:
        await work.again(prefix + run, given_up)

    async def end(run: str) -> None:
        await work.end(prefix + run)

    return Runs(claim, end, again, lambda: postgres(dsn, prefix, opened))


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    """One database for all tests, which tell their runs apart: each one more takes seconds."""
    with running_postgres() as cluster:
        dsn = cluster.create_database("work")
        prepare(dsn)
        yield dsn


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def where(request: pytest.FixtureRequest) -> str:
    """Which journals; the DSN of their database."""
    return str(request.getfixturevalue("dsn") if request.param == "postgres" else request.param)


@pytest.fixture
async def runs(where: str, tmp_path: Path) -> AsyncIterator[Runs]:
    if where == "memory":
        yield memory(MemoryJournals())
    elif where == "sqlite":
        files: list[SqliteJournals] = []
        yield await sqlite(tmp_path / "journal.sqlite", files)
        for file in files:
            await file.close()
    else:
        databases: list[WorkDatabase] = []
        yield await postgres(where, secrets.token_hex(4), databases)
        for database in databases:
            await database.close()


def begun(path: str, attempt: int = 1, arguments: Any = None) -> Begun:
    return Begun(path, attempt, "do", arguments, 1_700_000_000.25)


def done(path: str, attempt: int = 1, output: Any = None) -> Finished:
    return Finished(path, attempt, "do", output, None, 1_700_000_000.5)


def failed(path: str, attempt: int = 1) -> Finished:
    failure = Failure("timeout", "no end within 3 s", "https://x", retryable=True)
    return Finished(path, attempt, "do", None, failure, 1_700_000_001.0)


async def test_a_new_run_has_done_nothing(runs: Runs) -> None:
    assert await (await runs.claim("r")).read() == []


async def test_what_is_written_is_there_for_whoever_comes_next(runs: Runs) -> None:
    journal = await runs.claim("r")
    entries: list[Entry] = [done("a", output={"n": 1}), failed("b"), begun("c", arguments=[1])]
    for entry in entries:
        assert await journal.write(entry) is Written.DONE
    assert await journal.read() == entries
    other = await runs.anew()
    assert await (await other.claim("r")).read() == entries


async def test_an_end_takes_the_place_of_its_beginning(runs: Runs) -> None:
    journal = await runs.claim("r")
    assert await journal.write(begun("a")) is Written.DONE
    assert await journal.write(begun("b")) is Written.DONE
    assert await journal.write(failed("a")) is Written.DONE
    assert await journal.read() == [failed("a"), begun("b")]


async def test_attempts_are_told_apart(runs: Runs) -> None:
    journal = await runs.claim("r")
    for entry in (failed("a"), begun("a", 2), done("a", 2)):
        assert await journal.write(entry) is Written.DONE
    assert await journal.read() == [failed("a"), done("a", 2)]


@pytest.mark.parametrize("first", [done("a", output=1), failed("a")])
@pytest.mark.parametrize("second", [done("a", output=2), failed("a"), begun("a")])
async def test_of_two_ends_the_first_counts(runs: Runs, first: Entry, second: Entry) -> None:
    journal = await runs.claim("r")
    await journal.write(first)
    assert await journal.write(second) is Written.DUPLICATE
    assert await journal.read() == [first]


async def test_of_two_beginnings_the_first_counts(runs: Runs) -> None:
    journal = await runs.claim("r")
    await journal.write(begun("a", arguments=1))
    assert await journal.write(begun("a", arguments=2)) is Written.DUPLICATE
    assert await journal.read() == [begun("a", arguments=1)]


async def test_who_was_followed_by_another_writes_nothing_any_more(runs: Runs) -> None:
    old = await runs.claim("r")
    await old.write(begun("a"))
    new = await (await runs.anew()).claim("r")
    assert await old.write(done("a")) is Written.FENCED
    assert await old.write(done("b")) is Written.FENCED
    assert await new.write(done("b")) is Written.DONE
    assert await new.read() == [begun("a"), done("b")]


async def test_nothing_is_written_of_a_run_that_has_ended(runs: Runs) -> None:
    journal = await runs.claim("r")
    await journal.write(done("a"))
    await runs.end("r")
    assert await journal.write(done("b")) is Written.FENCED
    assert await journal.read() == [done("a")]


async def test_a_run_that_goes_on_after_its_end_keeps_all_and_says_what_counts_no_more(
    runs: Runs,
) -> None:
    old = await runs.claim("r")
    entries: list[Entry] = [done("a"), failed("b"), failed("b", 2)]
    for entry in entries:
        await old.write(entry)
    await runs.end("r")
    await runs.again("r", {"b": 2})
    assert await old.write(done("c")) is Written.FENCED, "it belongs to nobody yet"
    new = await (await runs.anew()).claim("r")
    assert await new.read() == [*entries, Again("b", 2)]
    assert await new.write(done("b", 3)) is Written.DONE
    assert await new.read() == [*entries, Again("b", 2), done("b", 3)]


async def test_runs_do_not_see_each_other(runs: Runs) -> None:
    one, two = await runs.claim("r1"), await runs.claim("r2")
    assert await one.write(done("a", output=1)) is Written.DONE
    assert await two.write(done("a", output=2)) is Written.DONE
    await runs.end("r1")
    assert await two.write(done("b")) is Written.DONE
    assert await two.read() == [done("a", output=2), done("b")]


VALUES: list[Any] = [
    None,
    True,
    0,
    -1.5,
    1e22,
    1e-300,
    2**80,
    "",
    "é 漢 \U0001f600 \\u0041 ' \" \n \x00 \x7f",
    [],
    {},
    {"zeta": 1, "a": {"": [None, [[]]]}, "é": "\u2028"},
    [[[[[[[[[[1]]]]]]]]]],
    "x" * 1_000_000,
    list(range(20_000)),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20].replace("\x00", "0"))
async def test_values_come_back_as_they_were(runs: Runs, value: Any) -> None:
    """Order of keys and kind of numbers included: expressions can tell them apart."""
    journal = await runs.claim("r")
    await journal.write(done("a", output=value))
    await journal.write(begun("b", arguments=value))
    first, second = await journal.read()
    assert isinstance(first, Finished)
    assert isinstance(second, Begun)
    assert repr(first.output) == repr(value)
    assert repr(second.arguments) == repr(value)


UNKNOWN: list[Any] = [float("nan"), float("inf"), "\ud800", {1, 2}, {"x": b"bytes"}]


@pytest.mark.parametrize("value", UNKNOWN, ids=ascii)
async def test_what_cannot_be_stored_is_refused_alone(runs: Runs, value: Any) -> None:
    journal = await runs.claim("r")
    entries = [done(f"s{number}") for number in range(5)]
    entries[2] = done("s2", output=value)
    found = await asyncio.gather(*map(journal.write, entries), return_exceptions=True)
    error = found.pop(2)
    assert isinstance(error, VrooliError)
    assert not error.retryable
    assert found == [Written.DONE] * 4
    assert sorted(one.path for one in await journal.read()) == ["s0", "s1", "s3", "s4"]


async def test_a_number_that_no_column_takes_is_refused_alone(runs: Runs) -> None:
    journal = await runs.claim("r")
    entries = [done("a"), done("b", attempt=2**70), done("c")]
    found = await asyncio.gather(*map(journal.write, entries), return_exceptions=True)
    assert [found[0], found[2]] == [Written.DONE, Written.DONE]
    assert found[1] is Written.DONE or isinstance(found[1], VrooliError)


async def test_many_at_once_are_all_written(runs: Runs) -> None:
    journals = [await runs.claim(f"r{number}") for number in range(5)]
    steps = [(journal, f"s{number}") for number in range(100) for journal in journals]
    found = await asyncio.gather(*(journal.write(done(path)) for journal, path in steps))
    assert set(found) == {Written.DONE}
    for journal in journals:
        assert {one.path for one in await journal.read()} == {f"s{n}" for n in range(100)}


async def test_beginning_and_end_at_once_are_written_in_their_order(runs: Runs) -> None:
    journal = await runs.claim("r")
    entries = [make(f"s{n}") for n in range(20) for make in (begun, done)]
    assert set(await asyncio.gather(*map(journal.write, entries))) == {Written.DONE}
    assert {type(one) for one in await journal.read()} == {Finished}


async def test_of_the_same_end_written_twice_at_once_one_counts(runs: Runs) -> None:
    journal = await runs.claim("r")
    found = await asyncio.gather(*(journal.write(done("a", output=n)) for n in range(10)))
    assert sorted(one.value for one in found) == ["done"] + ["duplicate"] * 9
    assert await journal.read() == [done("a", output=found.index(Written.DONE))]


async def test_a_writer_that_was_cancelled_may_have_written(runs: Runs) -> None:
    """So whoever goes on asks: what is there counts, and what is not can be written."""
    journal = await runs.claim("r")
    writing = [asyncio.ensure_future(journal.write(done(f"s{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    for task in writing[::2]:
        task.cancel()
    found = await asyncio.gather(*writing, return_exceptions=True)
    assert set(found[1::2]) == {Written.DONE}
    there = {one.path for one in await journal.read()}
    for number in range(20):
        path = f"s{number}"
        expected = Written.DUPLICATE if path in there else Written.DONE
        again = await journal.write(done(path))
        assert again in (expected, Written.DUPLICATE), "it may have come through after the look"
    assert {one.path for one in await journal.read()} == {f"s{n}" for n in range(20)}


async def test_two_owners_at_once_have_one_winner(runs: Runs) -> None:
    """Each entry is written by one of them, and after the takeover none by the old one."""
    old = await runs.claim("r")
    other = await runs.anew()
    writing = [asyncio.ensure_future(old.write(done(f"s{n}", output="old"))) for n in range(200)]
    await asyncio.sleep(0)
    new = await other.claim("r")
    seen = await new.read()
    found = await asyncio.gather(*writing)
    assert await new.read() == seen, "nothing of the old one came after the new one's look"
    assert found.count(Written.DONE) == len(seen)
    assert set(found) <= {Written.DONE, Written.FENCED}


# -- what a step notes inside itself -------------------------------------------------------------


def note(name: str = "tool[1]", request: Any = "it", repeatable: bool = False) -> Note:
    return Note(name, "tool", request, repeatable)


async def book_of(runs: Runs) -> Notebook:
    """As whoever claims the run next opens it."""
    book = Notebook("r", await (await runs.anew()).claim("r"), SystemClock())
    await book.read()
    return book


class Work:
    """Counts how often it is done, and fails when the test says.

    Attributes:
        turns: each time.
        fails: raised instead of an answer.
    """

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.fails: BaseException | None = None

    async def __call__(self, turn: Turn) -> Any:
        self.turns.append(turn)
        if self.fails is not None:
            raise self.fails
        return {"done": len(self.turns)}


@pytest.mark.parametrize("repeatable", [True, False])
async def test_what_was_noted_is_not_done_again(runs: Runs, repeatable: bool) -> None:
    work, what = Work(), note(repeatable=repeatable)
    book = await book_of(runs)
    assert await book.of("a").once(what, work) == {"done": 1}
    for again in (book, await book_of(runs)):
        assert await again.of("a").once(what, work) == {"done": 1}
    assert len(work.turns) == 1
    assert await (await book_of(runs)).of("b").once(what, work) == {"done": 2}, "another step"
    assert len({turn.key for turn in work.turns}) == 2


async def test_an_answer_to_another_request_is_none(runs: Runs) -> None:
    work = Work()
    book = await book_of(runs)
    await book.of("a").once(note(), work)
    assert await book.of("a").once(note(request="other"), work) == {"done": 2}
    later = await book_of(runs)
    assert await later.of("a").once(note(), work) == {"done": 1}
    assert await later.of("a").once(note(request="other"), work) == {"done": 2}
    assert [turn.number for turn in work.turns] == [1, 2]


async def test_what_failed_is_done_again_under_the_same_key(runs: Runs) -> None:
    work = Work()
    work.fails = VrooliError("not now", retryable=True)
    with pytest.raises(VrooliError, match="not now"):
        await (await book_of(runs)).of("a").once(note(), work)
    work.fails = None
    assert await (await book_of(runs)).of("a").once(note(), work) == {"done": 2}
    assert [turn.number for turn in work.turns] == [1, 2]
    assert len({turn.key for turn in work.turns}) == 1


@pytest.mark.parametrize("same", [True, False])
async def test_what_was_begun_and_may_not_be_repeated_is_unknown(runs: Runs, same: bool) -> None:
    """Whether the process died, or the step's time was over."""
    work = Work()
    work.fails = asyncio.CancelledError()
    book = await book_of(runs)
    with pytest.raises(asyncio.CancelledError):
        await book.of("a").once(note(), work)
    again = book if same else await book_of(runs)
    with pytest.raises(Failed) as caught:
        await again.of("a").once(note(request="other"), work)
    assert caught.value.kind == "unknown-effect"
    assert not caught.value.retryable
    assert len(work.turns) == 1
    journal = await runs.claim("r")
    (entry,) = await journal.read()
    assert isinstance(entry, Finished)
    assert entry.failure is not None
    assert (entry.path, entry.failure.kind) == ("a/tool[1]", "unknown-effect")


async def test_what_may_be_repeated_is_begun_again_as_the_same_turn(runs: Runs) -> None:
    work = Work()
    work.fails = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await (await book_of(runs)).of("a").once(note(repeatable=True), work)
    work.fails = None
    assert await (await book_of(runs)).of("a").once(note(repeatable=True), work) == {"done": 2}
    assert work.turns[0] == work.turns[1]


async def test_a_step_that_failed_goes_on_with_its_notes_after_a_retry(
    runs: Runs,
) -> None:
    work, book = Work(), await book_of(runs)
    await book.of("a").once(note(), work)
    await book.write(failed("a"))
    await runs.end("r")
    await runs.again("r", {"a": 1})
    assert await (await book_of(runs)).of("a").once(note(), work) == {"done": 1}


async def test_a_step_that_worked_and_is_done_anew_notes_anew(runs: Runs) -> None:
    """And what it notes then is not forgotten in its turn."""
    work, book = Work(), await book_of(runs)
    await book.of("a").once(note(), work)
    await book.write(done("a"))
    await runs.end("r")
    await runs.again("r", {"a": 1})
    for _ in range(2):
        assert await (await book_of(runs)).of("a").once(note(), work) == {"done": 2}
    assert [turn.number for turn in work.turns] == [1, 2]


async def test_the_driver_sees_no_notes(runs: Runs) -> None:
    book = await book_of(runs)
    await book.of("a").once(note(), Work())
    assert await book.read() == []
    await book.write(done("a"))
    assert await (await book_of(runs)).read() == [done("a")]


async def test_whose_run_is_another_s_notes_nothing(runs: Runs) -> None:
    old, work = await book_of(runs), Work()
    await book_of(runs)
    with pytest.raises(Fenced):
        await old.of("a").once(note(), work)
    assert not work.turns, "its beginning was not written"
    with pytest.raises(Fenced):
        await old.of("a").once(note(repeatable=True), work)
    assert await (await book_of(runs)).of("a").once(note(repeatable=True), work) == {"done": 2}

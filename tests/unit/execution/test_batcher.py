"""What goes into one batch, and what that comes to when something in it is a defect of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.until import until
from vrooli.core.errors import DeadlineExceeded, VrooliError
from vrooli.execution.batcher import Batcher
from vrooli.flow.entries import Begun, Failure, Finished
from vrooli.flow.journal import Written


class Defective:
    """A database whose driver breaks, in a way that nobody has thought of, over one path."""

    @asynccontextmanager
    async def connection(self, seconds: float = 0.0) -> AsyncIterator[Any]:
        yield self

    async def fetch(self, statement: str, *columns: Any) -> list[tuple[int, str, str]]:
        rows = listed(columns)
        if "bad" in [row[3] for row in rows]:
            raise RuntimeError("a defect")
        return [(row[0], "done", "root") for row in rows]


class Slow:
    """A database that answers when the test lets it, and remembers what it was asked.

    Attributes:
        batches: path, attempt and status of each entry, by statement.
    """

    def __init__(self) -> None:
        self.batches: list[list[tuple[str, int, str]]] = []
        self.go_on = asyncio.Event()

    @asynccontextmanager
    async def connection(self, seconds: float = 0.0) -> AsyncIterator[Any]:
        yield self

    async def fetch(self, statement: str, *columns: Any) -> list[tuple[int, str, str]]:
        rows = listed(columns)
        self.batches.append([(row[3], row[4], row[6]) for row in rows])
        await self.go_on.wait()
        return [(row[0], "done", "root") for row in rows]


class Full:
    """A database in which no step has room beside another, and that is away once for one alone."""

    def __init__(self) -> None:
        self.away = True

    @asynccontextmanager
    async def connection(self, seconds: float = 0.0) -> AsyncIterator[Any]:
        yield self

    async def fetch(self, statement: str, *columns: Any) -> list[tuple[int, str, str]]:
        rows = listed(columns)
        if len(rows) == 1 and rows[0][3] != "first":
            if self.away:
                self.away = False
                raise DeadlineExceeded("no answer in time")
            return [(rows[0][0], "over", "root")]
        said = "done" if len(rows) == 1 else "over"
        return [(row[0], said, "root") for row in rows]


def listed(columns: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows of a statement: an entry alone is given as it is."""
    return list(zip(*columns, strict=True)) if isinstance(columns[0], list) else [columns]


async def test_what_has_no_room_is_answered_also_when_the_database_is_away_then() -> None:
    batcher = Batcher(Full())
    first = asyncio.create_task(batcher.write("run", 1, Finished("first", 1, "value")))
    beside = [batcher.write("run", 1, Finished(path, 1, "value")) for path in "abc"]
    async with asyncio.timeout(5):
        a, b, c = await asyncio.gather(*beside, return_exceptions=True)
        assert await first is Written.DONE
    assert isinstance(a, DeadlineExceeded)
    assert (b, c) == (Written.OVER, Written.OVER)


async def test_beginning_and_end_of_one_step_never_meet_in_one_batch() -> None:
    """One statement may not touch a row twice: it would fail, and each entry go alone after it.
    The order of the entries of one step stays.
    """
    database = Slow()
    batcher = Batcher(database)
    writing = [asyncio.create_task(batcher.write("run", 1, Begun("zero", 1, "do", {}, 1.0)))]
    await until(lambda: bool(database.batches))
    for path in ("a", "b"):
        for attempt in (1, 2):
            begun = Begun(path, attempt, "do", {}, 1.0)
            ended = Finished(path, attempt, "do", None, Failure("busy", "", retryable=True), 2.0)
            for entry in (begun, ended):
                writing.append(asyncio.create_task(batcher.write("run", 1, entry)))
    await asyncio.sleep(0)
    database.go_on.set()
    assert set(await asyncio.gather(*writing)) == {Written.DONE}
    for batch in database.batches:
        assert len({(path, attempt) for path, attempt, _ in batch}) == len(batch)
    steps = [(path, attempt) for path in "ab" for attempt in (1, 2)]
    assert database.batches[1:] == [
        [(*one, "begun") for one in steps],
        [(*one, "failed") for one in steps],
    ]


async def test_what_nobody_thought_of_in_one_entry_does_not_fail_those_beside_it() -> None:
    batcher = Batcher(Defective())
    first = asyncio.create_task(batcher.write("run", 1, Finished("first", 1, "value")))
    paths = ("good", "bad", "better")
    beside = [batcher.write("run", 1, Finished(path, 1, "value")) for path in paths]
    good, bad, better = await asyncio.gather(*beside, return_exceptions=True)
    assert await first is Written.DONE
    assert (good, better) == (Written.DONE, Written.DONE)
    with pytest.raises(VrooliError, match="see the log"):
        raise bad if isinstance(bad, BaseException) else AssertionError(bad)

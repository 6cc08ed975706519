"""What a batch comes to when something in it is a defect of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from vrooli.core.errors import VrooliError
from vrooli.execution.batcher import Batcher
from vrooli.flow.entries import Finished
from vrooli.flow.journal import Written


class Defective:
    """A database whose driver breaks, in a way that nobody has thought of, over one path."""

    @asynccontextmanager
    async def connection(self, seconds: float = 0.0) -> AsyncIterator[Any]:
        yield self

    async def fetch(self, statement: str, *columns: Any) -> list[tuple[int, str, str]]:
        numbers, paths = (one if isinstance(one, list) else [one] for one in columns[0:4:3])
        if "bad" in paths:
            raise RuntimeError("a defect")
        return [(number, "done", "root") for number in numbers]


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

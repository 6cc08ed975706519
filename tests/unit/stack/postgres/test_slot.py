"""Nothing of a slot goes on where the server is lost while it is taken."""

import asyncio
import gc
from dataclasses import dataclass
from typing import Any

import pytest

from vrooli.core.address import Address, UnixPath
from vrooli.core.errors import Unreachable
from vrooli.core.ports.streams import Stream, Streams
from vrooli.stack.postgres.slot import Slot
from vrooli.stack.postgres.upgrade.ask import Asker


class _Gone(Streams):
    """A server that was there a moment ago."""

    async def open(self, address: Address) -> Stream:
        raise Unreachable("connection refused", where=str(address))


@dataclass(frozen=True, slots=True)
class _Answers(Asker):
    """The first question is answered still."""

    async def json(self, statement: str, database: str = "postgres") -> Any:
        await asyncio.sleep(0.01)  # the session has failed by then
        if "pg_drop" in statement:
            return None
        raise Unreachable("connection refused", where=str(self.address))


async def test_a_server_that_is_lost_leaves_no_session_whose_end_nobody_heard() -> None:
    unheard: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: unheard.append(told))
    with pytest.raises(Unreachable):
        await Slot(_Answers(_Gone(), UnixPath("/nowhere"))).take()
    gc.collect()
    await asyncio.sleep(0)
    assert not unheard

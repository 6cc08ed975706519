"""What takes long is waited for in a thread of its own: the shared ones are few, and everybody's
pages are read with them.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

Line = TypeVar("Line")


class _Told(Generic[Line]):
    """One line, or the end: with what went wrong, if anything did."""

    def __init__(self, lines: tuple[Line, ...] = (), error: BaseException | None = None) -> None:
        self.lines, self.error = lines, error


async def lines_of(begin: Callable[[], Iterator[Line]]) -> AsyncIterator[Line]:
    """What a blocking iterator gives, as it comes.

    Args:
        begin: makes it, in the thread; what that or the iterator raises is raised here. The thread
            reads on to the end when nobody listens any more.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[_Told[Line]] = asyncio.Queue()

    def tell(told: _Told[Line]) -> None:
        with suppress(RuntimeError):  # the console has ended meanwhile
            loop.call_soon_threadsafe(queue.put_nowait, told)

    def read() -> None:
        try:
            for line in begin():
                tell(_Told((line,)))
        except Exception as error:  # noqa: BLE001 -- raised again where it is waited for
            tell(_Told(error=error))
        else:
            tell(_Told())

    threading.Thread(target=read, name="console-lines", daemon=True).start()
    while True:
        told = await queue.get()
        if told.error is not None:
            raise told.error
        if not told.lines:
            return
        yield told.lines[0]


async def long_answer(question: Callable[[], Line]) -> Line:
    """The answer to something that may take minutes."""

    def one() -> Iterator[Line]:
        yield question()

    async for answer in lines_of(one):
        return answer
    raise AssertionError("a question has an answer")

"""Threads for questions that block. Each of those that are asked has its own, and few: who hangs
takes nobody the answers of the others, and is asked by one at a time until there is an answer.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from vrooli.core.errors import Busy, DeadlineExceeded

Answer = TypeVar("Answer")

HUNG = 3
"""So many questions in a row must have got no answer in time."""

PROBE = 20.0
"""Seconds after which a hung one is asked once more, though the question before waits still."""

WAITING = 64
"""Questions that may wait for a thread."""

_sorting = threading.local()


class _Found(Exception):
    """Whom a question is for; nothing was asked yet."""

    def __init__(self, queue: "Queue") -> None:
        super().__init__(queue.whom)
        self.queue = queue


class Silence:
    """Whether one that is asked hangs. Pure; not safe for threads."""

    def __init__(self) -> None:
        self._in_a_row, self._since = 0, 0.0
        self._probed: float | None = None

    def since(self) -> float:
        """When the first of the questions without an answer came to its end; 0 while none did."""
        return self._since

    def let_through(self, now: float) -> bool:
        """Whether a question is put; of those to a hung one, one at a time."""
        if self._in_a_row < HUNG:
            return True
        if self._probed is not None and now - self._probed < PROBE:
            return False
        self._probed = now
        return True

    def ended(self, now: float, *, in_time: bool) -> None:
        """A question came to its end: with an answer of whatever kind, or without one in time."""
        self._probed = None
        if in_time:
            self._in_a_row, self._since = 0, 0.0
        else:
            self._in_a_row, self._since = self._in_a_row + 1, self._since or now


class Queue:
    """Questions to one.

    Args:
        whom: in words, like `the server`.
        threads: so many at a time.
        waiting: so many more wait for their turn.
    """

    def __init__(self, whom: str, threads: int, waiting: int = WAITING) -> None:
        self.whom, self._most = whom, threads + waiting
        self._threads = ThreadPoolExecutor(threads, f"ask {whom}")
        self._lock, self._silence, self._under_way = threading.Lock(), Silence(), 0

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer of what blocks.

        Raises:
            DeadlineExceeded: whom it is for hangs, which is known.
            Busy: too many wait.
            VrooliError: of the question itself.
        """
        self._enter()
        put = self._threads.submit(self._asked, question)
        put.add_done_callback(self._leave)
        return await asyncio.wrap_future(put)

    def need(self) -> None:
        """Called before each request: a question that is not in a queue yet is put into this."""
        if getattr(_sorting, "here", False):
            raise _Found(self)

    def _enter(self) -> None:
        with self._lock:
            if self._under_way >= self._most:
                raise Busy(
                    f"too many ask {self.whom} at this moment", next_step="try again in a moment"
                )
            since = self._silence.since()
            if not self._silence.let_through(time.time()):
                seconds = time.time() - since
                raise DeadlineExceeded(f"{self.whom} has not answered for {seconds:.0f} s")
            self._under_way += 1

    def _leave(self, _: object) -> None:
        with self._lock:
            self._under_way -= 1

    def _asked(self, question: Callable[[], Answer]) -> Answer:
        in_time = True
        try:
            return question()
        except DeadlineExceeded:
            in_time = False
            raise
        finally:
            with self._lock:
                self._silence.ended(time.time(), in_time=in_time)


class Queues:
    """All of the console.

    Attributes:
        watchdog, server: for what their clients ask.
        log_in: for passwords, whoever tries them: no more than these wait for the server.
    """

    def __init__(self) -> None:
        self.watchdog = Queue("the watchdog", 12)
        self.server = Queue("the server", 12)
        self.log_in = Queue("the server to sign in", 4, 8)
        self._sorters = ThreadPoolExecutor(2, "whom to ask", _sort)

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer of a client. It begins beside the queues: its first request says whose it is,
        and it begins again there.

        Raises:
            DeadlineExceeded: whom it asks hangs, which is known.
            Busy: too many wait.
            VrooliError: of the question itself.
        """
        try:
            return await asyncio.wrap_future(self._sorters.submit(question))
        except _Found as found:
            return await found.queue.ask(question)


def _sort() -> None:
    _sorting.here = True

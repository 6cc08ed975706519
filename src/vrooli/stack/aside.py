"""Calls that may hang for ever (a look at a disk whose server is gone), each in a thread of its
own.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar, cast

from vrooli.core.errors import DeadlineExceeded

T = TypeVar("T")


class Aside:
    """At most one thread for a key: while one hangs, nobody starts a second one for the same thing.

    The threads are daemons, because a process must be able to end while one hangs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Future[Any], float]] = {}

    def ask(self, key: str, call: Callable[[], T], seconds: float) -> T:
        """What `call` returns or raises, the one under way for this `key` if there is one. Blocks
        for at most `seconds` since that call began.

        Raises:
            DeadlineExceeded: it takes longer, and is left to itself.
        """
        answer, began = self._under_way(key, call)
        if not wait([answer], _left(began, seconds)).done:
            raise _silent(key, began)
        return cast(T, answer.result())

    async def answer(self, key: str, call: Callable[[], T], seconds: float) -> T:
        """The same for an event loop, which goes on meanwhile. No thread of the loop's own pool is
        used: what hangs could take them all.
        """
        answer, began = self._under_way(key, call)
        waiting = asyncio.wrap_future(answer)
        try:
            if not (await asyncio.wait({waiting}, timeout=_left(began, seconds)))[0]:
                raise _silent(key, began)
            return cast(T, waiting.result())
        finally:
            waiting.cancel()  # nobody hears what comes later

    def hangs(self, key: str) -> bool:
        """Whether a call for `key` is under way."""
        with self._lock:
            return key in self._running

    def _under_way(self, key: str, call: Callable[[], Any]) -> tuple[Future[Any], float]:
        with self._lock:
            found = self._running.get(key)
            if found is not None:
                return found
            answer: Future[Any] = Future()
            answer.set_running_or_notify_cancel()  # who does not wait any more must not end it
            thread = threading.Thread(
                target=self._run, args=(key, call, answer), name=f"aside {key}", daemon=True
            )
            self._running[key] = found = (answer, time.monotonic())
            try:
                thread.start()
            except RuntimeError as error:  # no more threads here: not under way then
                del self._running[key]
                raise DeadlineExceeded("no thread can be started for it", where=key) from error
            return found

    def _run(self, key: str, call: Callable[[], Any], answer: Future[Any]) -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 -- handed to whoever asked
            self._forget(key)
            answer.set_exception(error)
        else:
            self._forget(key)
            answer.set_result(result)

    def _forget(self, key: str) -> None:
        with self._lock:
            del self._running[key]


def _left(began: float, seconds: float) -> float:
    return max(0.0, began + seconds - time.monotonic())


def _silent(key: str, began: float) -> DeadlineExceeded:
    return DeadlineExceeded(f"no answer for {time.monotonic() - began:.0f} s", where=key)

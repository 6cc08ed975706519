"""Calls that may hang for ever (a look at a disk whose server is gone), each in a thread of its
own.
"""

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
        left = began + seconds - time.monotonic()
        if not wait([answer], max(0.0, left)).done:
            waited = time.monotonic() - began
            raise DeadlineExceeded(f"no answer for {waited:.0f} s", where=key)
        return cast(T, answer.result())

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

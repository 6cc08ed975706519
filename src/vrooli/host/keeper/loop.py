"""The event loop: descriptors, timers and signals in one thread, on epoll."""

from __future__ import annotations

import os
import select
import signal
import time

from vrooli.host.keeper.log import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READ = select.EPOLLIN
WRITE = select.EPOLLOUT
LONGEST_SLEEP = 60.0  # seconds; a bound, so that a lost wake-up can never hang the keeper for ever
LATE = 0.5  # seconds later than planned: this process was starved or stopped


class Loop:
    """Calls back when a descriptor is ready, a time has come or a signal has arrived.

    Args:
        on_signal: gets each signal number, outside of the signal handler.
        on_late: gets the seconds by which a round came too late.
    """

    def __init__(self, on_signal: Callable[[int], None], on_late: Callable[[float], None]) -> None:
        self._epoll = select.epoll()
        self._ready: dict[int, Callable[[int], None]] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._on_signal = on_signal
        self._on_late = on_late
        self.running = True

    def catch(self, numbers: tuple[int, ...]) -> None:
        """Receive these signals through a pipe instead of in between two instructions."""
        inlet, outlet = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(outlet, warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, _noted)
        self.watch(inlet, lambda _: self._drain(inlet))

    def _drain(self, inlet: int) -> None:
        # The pipe is read wholly and each number told once: SIGCHLD merges anyway.
        for number in set(os.read(inlet, 65536)):
            self._on_signal(number)

    def watch(self, fd: int, call: Callable[[int], None], events: int = READ) -> None:
        """Call `call(events)` whenever `fd` is ready."""
        self._ready[fd] = call
        self._epoll.register(fd, events)

    def change(self, fd: int, events: int) -> None:
        """Wait for other events of a watched descriptor."""
        self._epoll.modify(fd, events)

    def forget(self, fd: int) -> None:
        """Stop watching; harmless when it is not watched."""
        if self._ready.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def after(self, seconds: float, call: Callable[[], None]) -> int:
        """Call once, so many seconds from now; the number is for `cancel`."""
        self._count += 1
        self._timers.append((time.monotonic() + seconds, self._count, call))
        self._timers.sort(key=lambda timer: timer[:2])
        return self._count

    def cancel(self, number: int) -> None:
        """Forget a timer and all that it holds on to; harmless when it has been called."""
        self._timers = [timer for timer in self._timers if timer[1] != number]

    def run(self) -> None:
        """Until stopped: 1. sleep; 2. tell lateness; 3. handle events; 4. call due timers."""
        top = time.monotonic()
        while self.running:
            pause = self._pause()
            events = self._epoll.poll(pause, 64)
            now = time.monotonic()
            if now - top - pause > LATE:
                self._on_late(now - top - pause)
            top = now
            for fd, event in events:
                if fd in self._ready:
                    self._guard(self._ready[fd], event)
            self._run_due()

    def _pause(self) -> float:
        if not self._timers:
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, max(0.0, self._timers[0][0] - time.monotonic()))

    def _run_due(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, call = self._timers.pop(0)
            self._guard(call)

    def _guard(self, call: Callable[..., None], *arguments: int) -> None:
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001 -- the loop's edge: the keeper goes on
            log("error", f"{type(error).__name__}: {error}", error_type=type(error).__name__)


def _noted(number: int, frame: object) -> None:
    """Nothing: the number comes through the pipe. SIG_IGN would let the kernel reap for us."""

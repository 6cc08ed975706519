"""A wall clock that a test sets while real processes look at it: libfaketime (in `faketime`)."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.stack import Ended, LiveStack
from tests.support.waiting import wait_for
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import keeper_command, keeper_identity
from vrooli.main.places import find_home, make_home
from vrooli.main.watchdog_spec import watchdog_spec

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


class FakedClock:
    """The wall clock of keeper and watchdog of one stack. Services have the real one, and monotonic
    time is real for all.

    Commands have the real one too, since libfaketime 0.9.10 fails clock_nanosleep(2) when monotonic
    time is left alone; `run` is for those that do not sleep. Each process reads the clock's file
    anew every second: reading it at every look at the clock makes the watchdog ten times as busy.
    """

    def __init__(self, stack: LiveStack) -> None:
        if LIBRARY is None:
            pytest.skip("libfaketime is not installed (Debian: faketime)")
        self._stack = stack
        self.home = find_home("test", stack.environment)
        self._file = stack.folder / "clock"
        self._offset = 0.0
        self.set(0.0)
        self.environment = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else it delays whoever waits for Python's lock
            "NO_FAKE_STAT": "1",
        }

    def bring_up(self) -> None:
        """`up`, and another watchdog: the one of a command that has the real clock has it too."""
        self._stack.up()
        assert self._stack.run("scenario", "stop", "autoheal").returncode == 0
        asyncio.run(self._watch())
        self._stack.until_ok()

    async def _watch(self) -> None:
        spec = watchdog_spec(self.home, self._stack.environment | self.environment)
        async with await KeeperClient.connect(self.home.keeper_socket) as keeper:
            await keeper.watch(spec)

    def set(self, offset: float) -> None:
        """Put it `offset` seconds off the real one; everybody has it a second later."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{offset:+.0f}\n", encoding="ascii")
        os.replace(fresh, self._file)
        self._offset = offset

    def now(self) -> float:
        """Unix seconds, as the stack has them."""
        return time.time() + self._offset

    def shown_to(self, name: str) -> bool:
        """Whether the process of a service looks at it."""
        environment = Path(f"/proc/{self._stack.pid(name)}/environ").read_bytes()
        return str(LIBRARY).encode() in environment

    def run(self, *arguments: str) -> Ended:
        """`vrooli ARGUMENTS` with this clock."""
        before, self._stack.environment = (
            self._stack.environment,
            self._stack.environment | self.environment,
        )
        try:
            return self._stack.run(*arguments)
        finally:
            self._stack.environment = before


@contextmanager
def faked_clock(stack: LiveStack) -> Iterator[FakedClock]:
    """A clock for `stack`, and its keeper, started in the foreground as a service manager does."""
    clock = FakedClock(stack)
    make_home(clock.home)
    with clock.home.log("keeper").open("ab") as log:
        keeper = subprocess.Popen(
            keeper_command(clock.home, detach=False),
            stdin=subprocess.DEVNULL,
            stderr=log,
            cwd="/",
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **clock.environment},
            start_new_session=True,
        )
    try:
        wait_for(lambda: keeper_identity(clock.home), "the keeper holds the home")
        yield clock
        stack.down()
    finally:
        keeper.kill()
        keeper.wait()

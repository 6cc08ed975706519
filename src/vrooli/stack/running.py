"""Programs and servers that are run beside a service, for an upgrade, a restore or a proof. The
keeper runs them: whatever happens to us, it knows them.
"""

import asyncio
import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.errors import (
    DeadlineExceeded,
    Refused,
    StartFailed,
    Unreachable,
    VrooliError,
)
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.stack import logs
from vrooli.stack.durations import rough_duration
from vrooli.stack.kind import ProbeTools
from vrooli.stack.pace import Measured, line_of, untold
from vrooli.stack.trees import end_tree, spawned

COMES_UP = 300.0
"""Seconds for a server that nobody uses: it may have to recover from a crash."""

GOES_DOWN = 600.0
"""Seconds for its last checkpoint on a slow disk."""

QUIET = 30.0
"""Seconds without a word of a program after which people are told; then twice as many, and so on.
It may wait for a store that is far away, or hang: nobody but them can tell.
"""

_GRACE = 10.0
_KILLED = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_PAUSE = 0.05
_LINES = 20
_FULL = 64 * 1024
"""Bytes that are free on a disk that takes no more than the rest of a block of somebody."""

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Running:
    """Runs them.

    Attributes:
        service: beside which.
        log: what they write.
    """

    service: str
    log: Path
    tools: ProbeTools

    async def run(self, title: str, spec: LaunchSpec, told: Told, *, details: bool = False) -> None:
        """To its end; with `details` what it says is told as it goes on.

        Raises:
            StartFailed: it failed, with its last lines.
        """
        told(title)
        begin = self.mark()
        launch = await self.begun(spec)
        try:
            ended = await self._end_of(launch, begin, told if details else untold)
        finally:
            await self.end(launch)
        if ended.code != 0:
            was = "was " if ended.signal is not None else ""
            raise self.failed(f"could not {title}: it {was}{ended.describe()}", begin)

    def mark(self) -> int:
        """Where the log ends now: what comes later is told of a failure."""
        return logs.size(self.log)

    async def begun(self, spec: LaunchSpec) -> Launch:
        """It runs."""
        return await spawned(self.tools.keeper.spawn(spec), self.end)

    async def end(self, launch: Launch) -> None:
        """Nothing of it runs; at once when nothing does."""
        await end_tree(launch, self.tools.keeper, self.tools.clock, _GRACE)

    async def until_up(
        self,
        launch: Launch,
        answers: Callable[[], Awaitable[object]],
        begin: int,
        patience: float = COMES_UP,
        told: Told = untold,
    ) -> None:
        """Until `answers` raises nothing any more; `told` hears of one that hangs.

        Raises:
            StartFailed: it ended before, or `patience` seconds were over.
        """
        clock, silence = self.tools.clock, _Silence(self, launch, begin, told)
        deadline = clock.monotonic() + patience
        while True:
            try:
                await self._answered(launch, answers, deadline, silence)
                return
            except VrooliError as error:
                if not await self._alive(launch):
                    raise await self._ended(launch, begin) from error
                if clock.monotonic() >= deadline:
                    raise self.failed(f"the server does not answer: {error.what}", begin) from error
            silence.line()
            await clock.sleep(_PAUSE)

    async def _answered(
        self,
        launch: Launch,
        answers: Callable[[], Awaitable[object]],
        deadline: float,
        silence: "_Silence",
    ) -> None:
        """One question: who hangs takes it, and never answers."""
        clock, asked = self.tools.clock, asyncio.ensure_future(answers())
        try:
            while True:
                pause = asyncio.ensure_future(clock.sleep(_PAUSE))
                await asyncio.wait((asked, pause), return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
                if asked.done():
                    await asked
                    return
                if clock.monotonic() >= deadline or not await self._alive(launch):
                    raise DeadlineExceeded("it takes a question, and says nothing")
                silence.line()
        finally:
            if not asked.done():
                asked.cancel()
                await asyncio.wait((asked,))

    async def stop(
        self, launch: Launch, number: signal.Signals, begin: int, told: Told = untold
    ) -> None:
        """In its order, by its own signal; `told` hears of one that hangs.

        Raises:
            StartFailed: it does not stop.
        """
        clock, silence = self.tools.clock, _Silence(self, launch, begin, told)
        await self.tools.keeper.signal(launch.launch_id, number)
        deadline = clock.monotonic() + GOES_DOWN
        while await self._alive(launch):
            if clock.monotonic() >= deadline:
                raise self.failed("the server does not stop", begin)
            silence.line()
            await clock.sleep(_PAUSE)

    async def _ended(self, launch: Launch, begin: int) -> VrooliError:
        """One that somebody else has killed says nothing about the data it was started on."""
        for ended in reversed(await self.tools.keeper.remembered()):
            if ended.launch.launch_id == launch.launch_id and ended.signal in _KILLED:
                return Refused(
                    f"the server was killed before it answered: it {ended.describe()}",
                    where=self.service,
                    next_step="look who did (`dmesg` tells of memory that ran out), then again",
                )
        return self.failed("the server ended before it answered", begin)

    async def _end_of(self, launch: Launch, begin: int, told: Told) -> Exit:
        silence = _Silence(self, launch, begin, told)
        while await self._alive(launch):
            await self.tools.clock.sleep(_PAUSE)
            if far := line_of(silence.line()):
                told(far if isinstance(far, Measured) else far[:200])
        for ended in reversed(await self.tools.keeper.remembered()):
            if ended.launch.launch_id == launch.launch_id:
                return ended
        raise Unreachable("the keeper does not tell how it ended", where=launch.service)

    async def _alive(self, launch: Launch) -> bool:
        alive = await self.tools.keeper.launches()
        return any(one.launch_id == launch.launch_id for one in alive)

    def failed(self, what: str, begin: int) -> StartFailed:
        """The error, with the last lines of the log."""
        lines = [line for line in logs.tail(self.log, _LINES, begin) if _worth(line)]
        shown = "".join(f"\n  | {line}" for line in lines)
        next_step = f"the whole output is in {self.log}"
        if no_room(self.log.parent):
            next_step = f"make room where {self.log} is, whose disk is full, then again"
        return StartFailed(what + shown, where=self.service, next_step=next_step)


def no_room(folder: Path) -> bool:
    """Whether its disk is full: what a program said of its end may be missing then."""
    try:
        return shutil.disk_usage(folder).free < _FULL
    except OSError:
        return False


class _Silence:
    """That of a program, which is told to people."""

    def __init__(self, running: Running, launch: Launch, begin: int, told: Told) -> None:
        self._log, self._clock = running.log, running.tools.clock
        self._launch, self._begin, self._told = launch, begin, told
        self._said, self._heard, self._patience = "", self._clock.monotonic(), QUIET

    def line(self) -> str:
        """What it said last, where that is new; else it is told that it says nothing."""
        line = " ".join("".join(logs.tail(self._log, 1, self._begin)).split())
        now = self._clock.monotonic()
        if line not in ("", self._said) and not line.startswith("./"):  # a script that it wrote
            self._said, self._heard, self._patience = line, now, QUIET
            return line
        if (quiet := now - self._heard) >= self._patience:
            self._told(_without_a_word(self._launch.identity.pid, quiet))
            self._patience *= 2
        return ""


def _without_a_word(pid: int, seconds: float) -> str:
    return (
        f"process {pid} says nothing for {rough_duration(seconds)}: where it hangs, "
        f"`kill -9 {pid}` ends this, and what was begun is removed"
    )


def _worth(line: str) -> bool:
    """Whether it says anything of a failure."""
    said = line_of(line.strip())
    return bool(said) and not isinstance(said, Measured)

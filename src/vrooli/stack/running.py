"""Programs and servers that are run beside a service, for an upgrade, a restore or a proof. The
keeper runs them: whatever happens to us, it knows them.
"""

import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.errors import Refused, StartFailed, Unreachable, VrooliError
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
    ) -> None:
        """Until `answers` raises nothing any more.

        Raises:
            StartFailed: it ended before, or `patience` seconds were over.
        """
        clock = self.tools.clock
        deadline = clock.monotonic() + patience
        while True:
            try:
                await answers()
                return
            except VrooliError as error:
                if not await self._alive(launch):
                    raise await self._ended(launch, begin) from error
                if clock.monotonic() >= deadline:
                    raise self.failed(f"the server does not answer: {error.what}", begin) from error
            await clock.sleep(_PAUSE)

    async def stop(self, launch: Launch, number: signal.Signals, begin: int) -> None:
        """In its order, by its own signal.

        Raises:
            StartFailed: it does not stop.
        """
        clock = self.tools.clock
        await self.tools.keeper.signal(launch.launch_id, number)
        deadline = clock.monotonic() + GOES_DOWN
        while await self._alive(launch):
            if clock.monotonic() >= deadline:
                raise self.failed("the server does not stop", begin)
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
        said, clock = "", self.tools.clock
        heard, patience = clock.monotonic(), QUIET
        while await self._alive(launch):
            await clock.sleep(_PAUSE)
            line = " ".join("".join(logs.tail(self.log, 1, begin)).split())
            if line not in ("", said) and not line.startswith("./"):  # a script that it wrote
                far = line_of(line)
                if far:
                    told(far if isinstance(far, Measured) else far[:200])
                said, heard, patience = line, clock.monotonic(), QUIET
            elif (quiet := clock.monotonic() - heard) >= patience:
                told(_without_a_word(launch.identity.pid, quiet))
                patience *= 2
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


def _without_a_word(pid: int, seconds: float) -> str:
    return (
        f"process {pid} says nothing for {rough_duration(seconds)}: where it hangs, "
        f"`kill -9 {pid}` ends this, and what was begun is removed"
    )


def _worth(line: str) -> bool:
    """Whether it says anything of a failure."""
    said = line_of(line.strip())
    return bool(said) and not isinstance(said, Measured)

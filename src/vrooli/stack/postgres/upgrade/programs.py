"""Programs and servers of an upgrade, run by the keeper: whatever happens to us, it knows them."""

import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.errors import StartFailed, Unreachable, VrooliError
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.stack import logs
from vrooli.stack.kind import ProbeTools
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.stage import Stage
from vrooli.stack.trees import end_tree, spawned

COMES_UP = 300.0
"""Seconds for a server that nobody uses: it may have to recover from a crash."""

GOES_DOWN = 600.0
"""Seconds for its last checkpoint on a slow disk."""

_GRACE = 10.0
_PAUSE = 0.05
_LINES = 20

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Programs:
    """Runs what a stage describes."""

    stage: Stage
    tools: ProbeTools

    async def run(self, title: str, spec: LaunchSpec, told: Told, *, details: bool = False) -> None:
        """To its end; with `details` what it says is told as it goes on.

        Raises:
            StartFailed: it failed, with its last lines.
        """
        told(title)
        begin = logs.size(self.stage.log)
        launch = await spawned(self.tools.keeper.spawn(spec), self._end)
        try:
            ended = await self._end_of(launch, begin, told if details else _silent)
        finally:
            await self._end(launch)
        if ended.code != 0:
            raise self._failed(f"could not {title}: it {ended.describe()}", begin)

    @asynccontextmanager
    async def server(
        self,
        programs: Installation,
        data: Path,
        settings: Sequence[str] = (),
        comes_up: float = COMES_UP,
    ) -> AsyncIterator[Asker]:
        """A server on `data` that only we reach, stopped in its order afterwards.

        Args:
            programs: that run it.
            data: its folder.
            settings: that it gets besides.
            comes_up: seconds until it must answer.

        Raises:
            StartFailed: it does not come up, with its last lines, or does not stop.
        """
        begin = logs.size(self.stage.log)
        spec = self.stage.server(programs, data, settings)
        launch = await spawned(self.tools.keeper.spawn(spec), self._end)
        asker = Asker(self.tools.streams, self.stage.address)
        try:
            await self._until_up(launch, asker, begin, comes_up)
            yield asker
            await self._stop(launch, begin)
        finally:
            await self._end(launch)

    async def _end(self, launch: Launch) -> None:
        await end_tree(launch, self.tools.keeper, self.tools.clock, _GRACE)

    async def _until_up(self, launch: Launch, asker: Asker, begin: int, seconds: float) -> None:
        clock = self.tools.clock
        deadline = clock.monotonic() + seconds
        while True:
            try:
                await asker.json("SELECT 1")
                return
            except VrooliError as error:
                if not await self._alive(launch):
                    raise self._failed("the server ended before it answered", begin) from error
                if clock.monotonic() >= deadline:
                    raise self._failed(
                        f"the server does not answer: {error.what}", begin
                    ) from error
            await clock.sleep(_PAUSE)

    async def _stop(self, launch: Launch, begin: int) -> None:
        clock = self.tools.clock
        await self.tools.keeper.signal(launch.launch_id, signal.SIGINT)
        deadline = clock.monotonic() + GOES_DOWN
        while await self._alive(launch):
            if clock.monotonic() >= deadline:
                raise self._failed("the server does not stop", begin)
            await clock.sleep(_PAUSE)

    async def _end_of(self, launch: Launch, begin: int, told: Told) -> Exit:
        said = ""
        while await self._alive(launch):
            await self.tools.clock.sleep(_PAUSE)
            line = " ".join("".join(logs.tail(self.stage.log, 1, begin)).split())
            if line not in ("", said) and not line.startswith("./"):  # a script that it wrote
                told(line[:200])
                said = line
        for ended in reversed(await self.tools.keeper.remembered()):
            if ended.launch.launch_id == launch.launch_id:
                return ended
        raise Unreachable("the keeper does not tell how it ended", where=launch.service)

    async def _alive(self, launch: Launch) -> bool:
        alive = await self.tools.keeper.launches()
        return any(one.launch_id == launch.launch_id for one in alive)

    def _failed(self, what: str, begin: int) -> StartFailed:
        lines = [line for line in logs.tail(self.stage.log, _LINES, begin) if line.strip()]
        shown = "".join(f"\n  | {line}" for line in lines)
        return StartFailed(
            what + shown,
            where=self.stage.service,
            next_step=f"the whole output is in {self.stage.log}",
        )


def _silent(_: str) -> None:
    """Nobody waits long enough to want to know more."""

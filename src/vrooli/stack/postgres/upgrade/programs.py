"""Programs and servers of an upgrade, run by the keeper: whatever happens to us, it knows them."""

import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.launch import LaunchSpec
from vrooli.stack.kind import ProbeTools
from vrooli.stack.pace import untold
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.stage import Stage
from vrooli.stack.running import COMES_UP, Running, Told


@dataclass(frozen=True, slots=True)
class Programs:
    """Runs what a stage describes."""

    stage: Stage
    tools: ProbeTools

    @property
    def _running(self) -> Running:
        return Running(self.stage.service, self.stage.log, self.tools)

    async def run(self, title: str, spec: LaunchSpec, told: Told, *, details: bool = False) -> None:
        """See `Running`."""
        await self._running.run(title, spec, told, details=details)

    @asynccontextmanager
    async def server(
        self,
        programs: Installation,
        data: Path,
        settings: Sequence[str] = (),
        comes_up: float = COMES_UP,
        told: Told = untold,
    ) -> AsyncIterator[Asker]:
        """A server on `data` that only we reach, stopped in its order afterwards.

        Args:
            programs: that run it.
            data: its folder.
            settings: that it gets besides.
            comes_up: seconds until it must answer.
            told: hears of one that hangs.

        Raises:
            StartFailed: it does not come up, with its last lines, or does not stop.
        """
        running = self._running
        begin = running.mark()
        launch = await running.begun(self.stage.server(programs, data, settings))
        asker = Asker(self.tools.streams, self.stage.address)
        try:
            await running.until_up(launch, lambda: asker.json("SELECT 1"), begin, comes_up, told)
            yield asker
            await running.stop(launch, signal.SIGINT, begin, told)
        finally:
            await running.end(launch)

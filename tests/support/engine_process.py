"""An engine in a process of its own: `python -m tests.support.engine_process DSN EFFECTS`.

Each execution of a step is a line in the file EFFECTS: process, run, path.
"""

import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.engines import CountingSteps, World, engine
from tests.support.work import WorkDatabase
from vrooli.flow.entries import Finished
from vrooli.flow.interpreter import Call

STEP_SECONDS = 0.05
"""So that something is under way whenever the process is killed."""


@dataclass(frozen=True)
class ToldSteps(CountingSteps):
    """Executes the steps of one run, and tells of each before it does."""

    effects: Path = field(kw_only=True)

    async def execute(self, call: Call, begun: float) -> Finished:
        """See `CountingSteps`."""
        line = f"{os.getpid()} {self.run} {call.path}\n"
        with self.effects.open("a", encoding="ascii") as file:
            file.write(line)
        await asyncio.sleep(STEP_SECONDS)
        return await super().execute(call, begun)


async def main(dsn: str, effects: Path) -> None:
    """Work until killed."""
    world = World()
    one = engine(WorkDatabase(dsn), world, steps=lambda run: ToldSteps(run, world, effects=effects))
    await one.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))

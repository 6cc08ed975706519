"""One job as the watchdog holds it. Changed only by the watchdog's own loop."""

import asyncio
from dataclasses import dataclass

from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.heal import Heal
from vrooli.autoheal.jobs.state import JobState
from vrooli.stack.model import Job


@dataclass
class Held:
    """One job.

    Attributes:
        job: as declared.
        memory: what is durable about it.
        check: its entry among the checks.
        watcher: looks at that for ever.
        starting: a run is being prepared and written down.
        task: follows the run in flight; also the latest one that did.
        heal: the latest story of failing and running again.
        refused: why it could not start; empty when it could.
        since: since when, Unix seconds.
        noted: the refusal that was told last.
        at: when it has to be considered again, monotonic seconds; 0 at once.
    """

    job: Job
    memory: JobState
    check: HostCheck
    watcher: asyncio.Task[None] | None = None
    starting: bool = False
    task: asyncio.Task[None] | None = None
    heal: Heal | None = None
    refused: str = ""
    since: float = 0.0
    noted: str = ""
    at: float = 0.0

    @property
    def followed(self) -> bool:
        """Whether somebody is at work on a run."""
        return self.task is not None and not self.task.done()

    @property
    def busy(self) -> bool:
        """Whether a run is in flight or being started."""
        return self.starting or self.memory.run is not None

    def remember(self, memory: JobState) -> None:
        """What is known of it now. While a failed run is being run again, its check is being seen
        to, and nobody has to be told.
        """
        self.memory = memory
        run = memory.run
        rerun = run is not None and (run.attempt > 1 or run.made_up)
        self.check.acting = rerun or memory.again is not None

    def accepted(self) -> None:
        """Nothing keeps it from starting."""
        self.refused = self.noted = ""

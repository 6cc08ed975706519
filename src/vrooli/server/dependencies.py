"""What the server leans on, and whether it answers: probed together, under one deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from vrooli.core.errors import VrooliError

Probe = Callable[[], Awaitable[None]]
"""Returns when the dependency answers, raises `VrooliError` (or OSError) when it does not."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something the server needs (`required`) or makes use of when it is there."""

    name: str
    probe: Probe
    required: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe found.

    Attributes:
        connected: it answered.
        required: copied from the dependency, so that a verdict needs nothing else.
        latency_ms: round trip in milliseconds; None when it did not answer.
        error: our own words, safe to show to anyone; None when it answered.
    """

    connected: bool
    required: bool
    latency_ms: float | None = None
    error: str | None = None


class Prober:
    """Looks at all dependencies at once; callers that come while a look is under way share it.

    Sharing matters because `/health` is open to everyone: a flood of requests must not become a
    flood of probes. A probe that outlives the deadline is cancelled and not waited for; as long as
    it lingers, no second one is started beside it.
    """

    def __init__(self, dependencies: tuple[Dependency, ...], deadline: float) -> None:
        self._dependencies = dependencies
        self._deadline = deadline
        self._running: dict[str, asyncio.Task[Answer]] = {}

    async def look(self) -> Mapping[str, Answer]:
        """Every dependency's answer, by name, within the deadline (seconds)."""
        tasks = {d.name: self._task(d) for d in self._dependencies}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=self._deadline)
        return {d.name: self._collect(d, tasks[d.name]) for d in self._dependencies}

    def _task(self, dependency: Dependency) -> asyncio.Task[Answer]:
        task = self._running.get(dependency.name)
        if task is None or task.done():
            task = asyncio.create_task(_look_at(dependency), name=f"probe {dependency.name}")
            self._running[dependency.name] = task
        return task

    def _collect(self, dependency: Dependency, task: asyncio.Task[Answer]) -> Answer:
        if task.done() and not task.cancelled():
            return task.result()
        task.cancel()
        reason = f"did not answer within {self._deadline:g} s"
        return Answer(connected=False, required=dependency.required, error=reason)


async def _look_at(dependency: Dependency) -> Answer:
    start = time.perf_counter()
    try:
        await dependency.probe()
    except VrooliError as error:
        return Answer(connected=False, required=dependency.required, error=error.what)
    except OSError as error:
        reason = f"cannot be reached ({type(error).__name__})"
        return Answer(connected=False, required=dependency.required, error=reason)
    latency = round((time.perf_counter() - start) * 1000, 2)
    return Answer(connected=True, required=dependency.required, latency_ms=latency)

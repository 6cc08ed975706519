"""A process of our own, started by the keeper in its own session."""

import asyncio
import signal
from dataclasses import dataclass

from vrooli.core.errors import StartFailed
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.core.result import Result, critical
from vrooli.stack import logs
from vrooli.stack.free_port import require_free_port
from vrooli.stack.kinds import kind_of
from vrooli.stack.launching import launch_spec
from vrooli.stack.model import Service
from vrooli.stack.probe import probe
from vrooli.stack.progress import Report, Step
from vrooli.stack.runtime import FOREGROUND, Context, Runtime
from vrooli.stack.trees import KILLED, end_tree, immortal

ALIVE_SECONDS = 1.0
"""How long a service without a probe must stay alive to count as started (supervisord's `startsecs`
is the same).
"""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
"""Seconds between looks while it starts: soon at first, since the start is what a heal waits for.
"""

IDLE_LIMIT = 60.0
"""Seconds that a resource which says "starting" may do nothing at all before its start counts as
failed.
"""

LEFTOVER_GRACE = 5.0
"""Seconds that descendants of a dead process get after TERM, before KILL."""

LOG_LINES = 20


class ProcessRuntime(Runtime):
    """Spawn, wait for health; signal in order, KILL last."""

    name = "process"

    async def start(self, service: Service, context: Context, report: Report) -> Result:
        """See the base. Numbered:

        1. what an earlier launch left behind is ended first (PostgreSQL refuses to start while a
           backend lives)
        2. the port must be free, or its holder is named
        3. the kind's preparations
        4. spawn; from here on the launch is recorded
        5. look until the probe passes, the process ends, or the time is up
        """
        await self._end_leftovers(service, context)
        require_free_port(service, context)
        place = context.tools.place
        commands = kind_of(service).prepare(service, place)
        await context.executor.run(
            commands, lambda title: report(Step(service.name, "preparing", title))
        )
        spec = launch_spec(service, context.stack, place, context.environment)
        report(Step(service.name, "starting"))
        logged = logs.size(place.home.log(service.name))
        launch = await _spawn(spec, context)
        try:
            return await _Wait(service, launch, context, logged).until_healthy()
        except StartFailed:
            await self.stop(service, context)
            raise

    def check(self, service: Service, context: Context) -> None:
        """Its references must resolve."""
        launch_spec(service, context.stack, context.tools.place, context.environment)

    async def await_health(self, service: Service, context: Context) -> Result:
        """Look until it is healthy, ends, or the time is up."""
        return await _Wait(service, context.launches[service.name], context).until_healthy()

    async def stop(self, service: Service, context: Context) -> None:
        """Signals in order, each given its share of `stop_timeout`; then KILL, also for
        descendants.
        """
        launch = context.launches.get(service.name)
        if launch is None:
            return
        if not await self._ask(service, launch, context):
            await self._kill(service, launch, context)
        await self._end_leftovers(service, context)
        if context.launches.get(service.name) == launch:
            del context.launches[service.name]

    def running(self, service: Service, context: Context) -> bool:
        """Whether its process is there."""
        launch = context.launches.get(service.name)
        return launch is not None and context.exits.get(launch.launch_id) is None

    async def look(self, service: Service, context: Context) -> Result:
        """See the base. One that is gone or stopped by a signal need not be asked."""
        if not self.running(service, context):
            return critical("it is not running")
        facts = context.processes.facts(context.launches[service.name].identity)
        if facts is not None and facts.stopped:
            return critical("its process is stopped (state T)", stopped=True)
        return await probe(service, context.tools)

    async def signal(
        self, service: Service, context: Context, number: int, *, tree: bool = False
    ) -> None:
        """See the base."""
        launch = context.launches.get(service.name)
        if launch is None:
            raise StartFailed(
                "there is no process to signal",
                where=service.name,
                next_step=f"`vrooli start {service.name}` starts it",
            )
        await context.tools.keeper.signal(launch.launch_id, number, tree=tree)

    async def _ask(self, service: Service, launch: Launch, context: Context) -> bool:
        share = service.stop_timeout / max(1, len(service.stop_signals))
        for name in service.stop_signals:
            await context.tools.keeper.signal(launch.launch_id, signal.Signals[f"SIG{name}"])
            try:
                async with asyncio.timeout(share):
                    await context.exits.wait(launch.launch_id)
                    return True
            except TimeoutError:
                continue
        return False

    async def _kill(self, service: Service, launch: Launch, context: Context) -> None:
        keeper = context.tools.keeper
        await keeper.signal(launch.launch_id, signal.SIGKILL, tree=True)
        try:
            async with asyncio.timeout(KILLED):
                await context.exits.wait(launch.launch_id)
        except TimeoutError:
            # A keeper that has lost its record will never tell the end of what it does not know.
            if await keeper.survivors(launch.launch_id):
                raise immortal(service.name) from None

    async def _end_leftovers(self, service: Service, context: Context) -> None:
        """End what the last launch of this service started and what outlived it."""
        launch = context.launches.get(service.name)
        if launch is None or context.exits.get(launch.launch_id) is None:
            return
        await end_tree(launch, context.tools.keeper, context.tools.clock, LEFTOVER_GRACE)


@dataclass
class _Wait:
    """Waiting for one fresh process to become healthy.

    Attributes:
        logged: bytes that earlier launches had logged.
    """

    service: Service
    launch: Launch
    context: Context
    logged: int = 0

    async def until_healthy(self) -> Result:
        clock = self.context.tools.clock
        began = clock.monotonic()
        idle_since, activity = began, 0.0
        pause = FIRST_PAUSE
        while True:
            result = await self._look(began)
            ended = await self._ended(0.0)
            if ended is not None:
                raise self._failed(f"{ended.describe()} before it was healthy", ended)
            if result.healthy:
                return result
            now = clock.monotonic()
            seen = self._activity()
            if seen > activity:
                idle_since, activity = now, seen
            patient = result.starting and now - idle_since < IDLE_LIMIT
            if now - began >= self.service.start_timeout and not patient:
                raise self._failed(
                    f"not healthy after {self.service.start_timeout:g} s: {result.message}", None
                )
            await self._ended(pause)
            pause = min(LONGEST_PAUSE, pause * 1.3)

    async def _look(self, began: float) -> Result:
        if self.service.health.type == "process":
            left = ALIVE_SECONDS - (self.context.tools.clock.monotonic() - began)
            await self._ended(max(0.0, left))
        return await probe(self.service, self.context.tools)

    async def _ended(self, seconds: float) -> Exit | None:
        known = self.context.exits.get(self.launch.launch_id)
        if known is not None or seconds <= 0:
            return known
        try:
            async with asyncio.timeout(seconds):
                return await self.context.exits.wait(self.launch.launch_id)
        except TimeoutError:
            return None

    def _activity(self) -> float:
        return self.context.processes.tree_activity(self.launch.identity.pid)

    def _failed(self, what: str, ended: Exit | None) -> StartFailed:
        name = self.service.name
        advice = f"`vrooli logs {name}` shows more"
        if ended is not None and ended.code == 0:
            advice = FOREGROUND
        lines = logs.tail(self.context.tools.place.home.log(name), LOG_LINES, self.logged)
        shown = "".join(f"\n  | {line}" for line in lines)
        return StartFailed(what + shown, where=name, next_step=advice, retryable=True)


async def _spawn(spec: LaunchSpec, context: Context) -> Launch:
    """Spawn, and note the launch even when we are cancelled: nobody else would know what runs."""

    def note(done: asyncio.Future[Launch]) -> None:
        if not done.cancelled() and done.exception() is None:
            context.launches[spec.service] = done.result()

    spawning = asyncio.ensure_future(context.tools.keeper.spawn(spec))
    spawning.add_done_callback(note)
    try:
        return await asyncio.shield(spawning)
    finally:
        if not spawning.done():
            await asyncio.wait({spawning})


RUNTIME = ProcessRuntime()

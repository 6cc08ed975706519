"""Port `Keeper` without a machine: processes are rows that behave as told."""

import asyncio
import itertools
import signal as signals
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vrooli.core.errors import DeadlineExceeded, Refused, StartFailed, Unreachable, UsageError
from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.keeper import CaughtUp, nobody_waits

_HARMLESS = frozenset({signals.SIGCHLD, signals.SIGCONT, signals.SIGSTOP, signals.SIGWINCH})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a process acts.

    Attributes:
        ends_after: seconds until it exits by itself; None for never.
        code: its exit code then.
        ignores: signals that do nothing to it (KILL always works).
        children: descendants, which live until they are signalled.
        fails: why exec fails; None when it does not.
    """

    ends_after: float | None = None
    code: int = 0
    ignores: frozenset[int] = frozenset()
    children: int = 0
    fails: str | None = None


@dataclass(slots=True)
class _Running:
    launch: Launch
    behaviour: Behaviour
    leader_alive: bool
    children: list[Identity]


class MemoryKeeper:
    """A keeper whose processes exist in this object only.

    Args:
        clock: tells the time and wakes those that end by themselves.
        behave: the behaviour of each spec; by default it runs until it is signalled.

    Attributes:
        spawned: every spec that was started, in order.
        sent: every signal that was asked for: (service, signal, tree).
    """

    def __init__(
        self, clock: Clock, behave: Callable[[LaunchSpec], Behaviour] = lambda _: Behaviour()
    ) -> None:
        self._clock = clock
        self._behave = behave
        self._pids = itertools.count(1001)
        self._running: dict[str, _Running] = {}
        self._exits: list[Exit] = []
        self._news = asyncio.Event()
        self._timers: set[asyncio.Task[None]] = set()
        self._gone = False
        self._watched: LaunchSpec | None = None
        self._watchdog: str | None = None
        self._endings: list[dict[str, Any]] = []
        self.spawned: list[LaunchSpec] = []
        self.sent: list[tuple[str, int, bool]] = []

    # The port

    async def spawn(self, spec: LaunchSpec) -> Launch:
        """Start a row; `StartFailed` when its behaviour says so."""
        self._reachable()
        behaviour = self._behave(spec)
        if behaviour.fails is not None:
            raise StartFailed(behaviour.fails, next_step="correct `command`")
        launch = Launch(
            launch_id=f"{next(self._pids):016x}",
            service=spec.service,
            identity=self._identity(),
            fingerprint=spec.fingerprint,
            started_at=self._clock.wall(),
        )
        children = [self._identity() for _ in range(behaviour.children)]
        self._running[launch.launch_id] = _Running(launch, behaviour, True, children)
        self.spawned.append(spec)
        if behaviour.ends_after is not None:
            task = asyncio.create_task(self._end_later(launch.launch_id, behaviour.ends_after))
            self._timers.add(task)
            task.add_done_callback(self._timers.discard)
        return launch

    async def launches(self) -> Sequence[Launch]:
        """Those alive, without the watchdog."""
        self._reachable()
        return [
            row.launch
            for row in self._running.values()
            if row.leader_alive and row.launch.launch_id != self._watchdog
        ]

    async def signal(self, launch_id: str, signal: int, *, tree: bool = False) -> int:
        """Signal a row, or it and its children; the number reached."""
        self._reachable()
        row = self._running.get(launch_id)
        if row is None:
            return 0
        self.sent.append((row.launch.service, int(signal), tree))
        deadly = signal not in _HARMLESS and (
            signal == signals.SIGKILL or signal not in row.behaviour.ignores
        )
        reached = int(row.leader_alive) + (len(row.children) if tree else 0)
        if deadly and tree:
            row.children.clear()
        if deadly and row.leader_alive:
            self.end(launch_id, signal=int(signal))
        return reached

    async def survivors(self, launch_id: str) -> Sequence[Identity]:
        """The row, when it lives, and its children."""
        self._reachable()
        row = self._running.get(launch_id)
        if row is None:
            return []
        return [*([row.launch.identity] if row.leader_alive else []), *row.children]

    async def exits(
        self, after: int = 0, caught_up: CaughtUp = nobody_waits
    ) -> AsyncIterator[Exit]:
        """Endings with `seq` greater than `after`, for ever; `Unreachable` after `crash`."""
        self._reachable()
        last = len(self._exits)
        if after >= last:
            caught_up()
        while True:
            for ended in [item for item in self._exits if item.seq > after]:
                after = ended.seq
                yield ended
                if after == last:
                    caught_up()
            await self._news.wait()
            self._reachable()

    async def remembered(self) -> Sequence[Exit]:
        """All endings so far."""
        self._reachable()
        return list(self._exits)

    async def run(self, spec: LaunchSpec, timeout: float) -> Exit:  # noqa: ASYNC109 -- see the port
        """Run a row to its end; after `timeout` seconds it is killed."""
        launch = await self.spawn(spec)
        waited = asyncio.create_task(self._wait(launch.launch_id))
        limit = asyncio.ensure_future(self._clock.sleep(timeout))
        try:
            await asyncio.wait({waited, limit}, return_when=asyncio.FIRST_COMPLETED)
            if waited.done():
                return waited.result()
        finally:
            waited.cancel()
            limit.cancel()
            if launch.launch_id in self._running and not self._gone:
                await self.signal(launch.launch_id, signals.SIGKILL, tree=True)
        raise DeadlineExceeded(f"{spec.service} did not end within {timeout:g} s and was killed")

    # Beyond the port, as the client of the real one

    async def ping(self, deadline: float = 1.0) -> dict[str, Any]:
        """What the real one says, as far as it applies."""
        self._reachable()
        row = self._running.get(self._watchdog or "")
        return {
            "monotonic": self._clock.monotonic(),
            "launches": len(await self.launches()),
            "record_error": None,
            "watching": self._watched is not None,
            "watchdog": None if row is None else row.launch.to_json(),
        }

    async def watch(
        self, spec: LaunchSpec, heartbeat_timeout: float = 1.5, *, adopt: bool = False
    ) -> Launch:
        """Start the watchdog unless it lives, and again, at once, whenever it ends."""
        self._reachable()
        row = self._running.get(self._watchdog or "")
        launch = row.launch if row is not None else await self.spawn(spec)
        self._watched, self._watchdog = spec, launch.launch_id
        return launch

    async def unwatch(self) -> Launch | None:
        """Stop minding; the watchdog that runs."""
        self._reachable()
        self._watched = None
        row = self._running.get(self._watchdog or "")
        return None if row is None else row.launch

    async def heartbeat(self) -> bool:
        """Whether a watchdog is minded."""
        self._reachable()
        return self._watched is not None

    async def watchdog_endings(self, after: int = 0) -> Sequence[dict[str, Any]]:
        """How earlier watchdogs ended."""
        self._reachable()
        return [ending for ending in self._endings if ending["seq"] > after]

    async def shutdown(self, *, force: bool = False) -> None:
        """End the keeper; `Refused` while something runs, unless `force`."""
        running = [launch.service for launch in await self.launches()]
        if running and not force:
            raise Refused(f"still running: {', '.join(running)}", next_step="stop them first")
        self.crash()

    async def leave(self, why: str) -> None:
        """Stop all that was started, and end. All of it dies at once here."""
        self._watched = None
        for launch in await self.launches():
            await self.signal(launch.launch_id, signals.SIGKILL, tree=True)
        await asyncio.sleep(0)  # who follows hears of it first
        self.crash()

    async def close(self) -> None:
        """Stop the timers of processes that would end by themselves."""
        for task in self._timers:
            task.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)

    # What happens to processes and to the keeper itself

    def end(self, launch_id: str, *, code: int | None = None, signal: int | None = None) -> None:
        """A process ends by itself, or by somebody else's signal."""
        row = self._running[launch_id]
        row.leader_alive = False
        if launch_id == self._watchdog:
            self._replace_watchdog(row, code, signal)
            return
        known = not row.launch.adopted
        self._exits.append(
            Exit(
                seq=len(self._exits) + 1,
                launch=row.launch,
                code=code if known else None,
                signal=signal if known else None,
                at=self._clock.wall(),
                detected_monotonic=self._clock.monotonic(),
            )
        )
        self._tell()

    def crash(self) -> None:
        """The keeper dies; processes live on."""
        self._gone = True
        self._tell()

    def restart(self) -> None:
        """A new keeper adopts what lives: how that ends is unknown, and it minds no watchdog."""
        self._gone = False
        self._watched = None
        for row in self._running.values():
            row.launch = replace(row.launch, adopted=True)

    def _replace_watchdog(self, row: _Running, code: int | None, signal: int | None) -> None:
        del self._running[row.launch.launch_id]
        self._watchdog = None
        if self._watched is None:
            return
        how = f"killed by signal {signal}" if signal is not None else f"exited with code {code}"
        self._endings.append(
            {
                "seq": len(self._endings) + 1,
                "at": self._clock.wall(),
                "monotonic": self._clock.monotonic(),
                "how": how,
                "replaced_after_seconds": 0.0,
            }
        )
        launch = replace(
            row.launch, launch_id=f"{next(self._pids):016x}", identity=self._identity()
        )
        self._running[launch.launch_id] = _Running(launch, row.behaviour, True, [])
        self._watchdog = launch.launch_id

    def _identity(self) -> Identity:
        pid = next(self._pids)
        return Identity("memory", pid, pid)

    def _reachable(self) -> None:
        if self._gone:
            raise Unreachable("the keeper is gone", where="memory")

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _end_later(self, launch_id: str, seconds: float) -> None:
        await self._clock.sleep(seconds)
        row = self._running[launch_id]
        if row.leader_alive:
            self.end(launch_id, code=row.behaviour.code)

    async def _wait(self, launch_id: str) -> Exit:
        async for ended in self.exits():
            if ended.launch.launch_id == launch_id:
                return ended
        raise UsageError(
            f"no launch {launch_id} is known", next_step="ask for one that was spawned"
        )

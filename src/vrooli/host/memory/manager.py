"""Port `Manager` without a manager: what it holds are rows that behave as told."""

import asyncio
import itertools
import signal as signals
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from typing import Any

from vrooli.core.errors import StartFailed, Unreachable
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.manager import Held
from vrooli.core.ports.units import UnitSpec
from vrooli.stack.unit_names import made_for

_HARMLESS = frozenset({signals.SIGCHLD, signals.SIGCONT, signals.SIGHUP, signals.SIGSTOP})


class MemoryManager:
    """What is held exists in this object only.

    Attributes:
        started, stopped, signalled: what was asked for by the port, in order.
        logs: by name.
        made: from what, by name, for as long as it is there.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._healthy: dict[str, bool | None] = {}
        self._runs, self._pids = itertools.count(1), itertools.count(5001)
        self._listening: set[asyncio.Queue[str]] = set()
        self._away = False
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.signalled: list[tuple[str, int]] = []
        self.logs: dict[str, list[str]] = {}
        self.made: dict[str, UnitSpec] = {}

    # What happens to it

    def add(self, name: str, restarts: str = "", healthy: bool | None = None) -> None:
        """There is one that has never run, with this restart policy, and this to be said of its
        health whenever it is started.
        """
        self._healthy[name] = healthy
        self._set(Held(name, "ended", restarts=restarts))

    def run(self, name: str) -> None:
        """It is started past the port: by hand, or by its policy."""
        before = self._held[name]
        again = before.restarted + 1 if before.phase == "restarting" else 0
        run, pid = f"run-{next(self._runs)}", next(self._pids)
        self._set(
            Held(
                name,
                "running",
                run=run,
                pid=pid,
                since=self._clock.wall(),
                restarts=before.restarts,
                restarted=again,
                healthy=self._healthy[name],
                mark=before.mark,
            )
        )

    def end(
        self, name: str, code: int | None = None, signal: int | None = None, why: str = ""
    ) -> None:
        """It ends by itself; with a policy it is about to be started again (`run`)."""
        held = self._held[name]
        phase: Any = "restarting" if held.restarts else "failed" if code or signal else "ended"
        self._set(replace(held, phase=phase, pid=0, code=code, signal=signal, why=why))

    def stop_by_hand(self, name: str) -> None:
        """Somebody has it stopped."""
        self._set(replace(self._held[name], phase="ended", pid=0, code=0, asked=True))

    def remove_by_hand(self, name: str) -> None:
        """It is not held any more."""
        del self._held[name]
        self._tell(name)

    def becomes(self, name: str, **what: Any) -> None:
        """Something else about it changes."""
        self._set(replace(self._held[name], **what))

    def go_away(self) -> None:
        """It does not answer."""
        self._away = True

    def come_back(self) -> None:
        """It answers again."""
        self._away = False
        for name in self._held:
            self._tell(name)

    # The port

    async def look(self, name: str) -> Held:
        """See the port."""
        self._reachable()
        gone = Held(name, "ended") if made_for(name) else None
        return self._held.get(name) or gone or Held(name, "missing", message="there is no such row")

    async def make(self, name: str, spec: UnitSpec) -> None:
        """See the port."""
        self._reachable()
        if (await self.look(name)).phase in ("running", "starting"):
            raise StartFailed("it runs already", where=name, next_step="stop it first")
        self.started.append(name)
        self.made[name] = spec
        self._held[name] = Held(name, "ended", mark=spec.launch.fingerprint)
        self._healthy.setdefault(name, None)
        self.run(name)

    async def remove(self, name: str) -> None:
        """See the port."""
        self._reachable()
        self.made.pop(name, None)
        if self._held.pop(name, None) is not None:
            self._tell(name)

    async def start(self, name: str) -> None:
        """See the port."""
        self._reachable()
        if name not in self._held:
            raise StartFailed("there is no such row", where=name, next_step="add it first")
        self.started.append(name)
        if self._held[name].phase not in ("running", "starting"):
            self.run(name)

    async def stop(self, name: str, seconds: float) -> None:
        """See the port."""
        self._reachable()
        self.stopped.append(name)
        if name in self._held:
            self._set(replace(self._held[name], phase="ended", pid=0, code=0))

    async def signal(self, name: str, signal: int) -> None:
        """See the port."""
        self._reachable()
        self.signalled.append((name, signal))
        if signal not in _HARMLESS and name in self._held:
            self._set(replace(self._held[name], phase="failed", pid=0, signal=signal))

    async def tail(self, name: str, lines: int) -> list[str]:
        """See the port."""
        self._reachable()
        return self.logs.get(name, [])[-lines:] if lines > 0 else []

    async def follow(self, names: Collection[str]) -> AsyncIterator[Held]:
        """See the port."""
        news: asyncio.Queue[str] = asyncio.Queue()
        for name in sorted(names):
            news.put_nowait(name)
        self._listening.add(news)
        try:
            while True:
                name = await news.get()
                if name in names and not self._away:
                    yield await self.look(name)
        finally:
            self._listening.discard(news)

    def _set(self, held: Held) -> None:
        self._held[held.name] = held
        self._tell(held.name)

    def _tell(self, name: str) -> None:
        for news in self._listening:
            news.put_nowait(name)

    def _reachable(self) -> None:
        if self._away:
            raise Unreachable("nobody answers", where="memory")

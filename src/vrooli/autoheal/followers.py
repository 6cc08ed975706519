"""Hears from the managers of services what happens to them, as it happens."""

import asyncio
from collections.abc import Mapping

from vrooli.autoheal.board import Board
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.reactor import Reactor


class Followers:
    """One task for each manager that the stack needs."""

    def __init__(self, board: Board, reactor: Reactor) -> None:
        self._board, self._reactor = board, reactor
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._names: Mapping[str, frozenset[str]] = {}

    def take(self) -> None:
        """Follow what the stack declares now."""
        found: dict[str, set[str]] = {}
        for service in self._board.supervisor.stack.services.values():
            if service.is_held:
                found.setdefault(service.runtime, set()).add(service.held)
        names = {runtime: frozenset(held) for runtime, held in found.items()}
        for runtime in {*self._names, *names}:
            if self._names.get(runtime) != names.get(runtime) and runtime in self._tasks:
                self._tasks.pop(runtime).cancel()
            if runtime in names and runtime not in self._tasks:
                self._tasks[runtime] = self._reactor.spawn(self._follow(runtime, names[runtime]))
        self._names = names

    async def _follow(self, runtime: str, names: frozenset[str]) -> None:
        manager = self._board.supervisor.context.managers[runtime]
        async for held in manager.follow(names):
            for tracked in [*self._board.tracked.values()]:
                service = tracked.service
                if (service.runtime, service.held) == (runtime, held.name):
                    what = f"what happens to {tracked.name}"
                    await guarded(what, self._reactor.on_held(tracked, held))

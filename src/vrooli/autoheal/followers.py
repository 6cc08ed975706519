"""Hears from the managers of services what happens to them, as it happens."""

import asyncio

from vrooli.autoheal.board import Board
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.reactor import Reactor

Followed = tuple[str, frozenset[str]]
"""Where the Docker Engine listens, and by which names a manager knows what is followed."""


class Followers:
    """One task for each manager that the stack needs."""

    def __init__(self, board: Board, reactor: Reactor) -> None:
        self._board, self._reactor = board, reactor
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._followed: dict[str, Followed] = {}

    def take(self) -> None:
        """Follow what the stack declares now."""
        stack = self._board.supervisor.stack
        found: dict[str, set[str]] = {}
        for service in stack.services.values():
            if service.is_held:
                found.setdefault(service.runtime, set()).add(service.held)
        now = {runtime: (stack.docker, frozenset(names)) for runtime, names in found.items()}
        for runtime in {*self._followed, *now}:
            if self._followed.get(runtime) != now.get(runtime) and runtime in self._tasks:
                self._tasks.pop(runtime).cancel()
            if runtime in now and runtime not in self._tasks:
                work = self._follow(runtime, frozenset(found[runtime]))
                self._tasks[runtime] = self._reactor.spawn(work)
        self._followed = now

    async def _follow(self, runtime: str, names: frozenset[str]) -> None:
        manager = self._board.supervisor.context.managers[runtime]
        async for held in manager.follow(names):
            for tracked in [*self._board.tracked.values()]:
                service = tracked.service
                if (service.runtime, service.held) == (runtime, held.name):
                    what = f"what happens to {tracked.name}"
                    await guarded(what, self._reactor.on_held(tracked, held))

"""What others do to services through their managers: an operator's `docker stop` and `docker
start`, and the restart policy, which is the first healer.
"""

import asyncio

from vrooli.autoheal.board import Board
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.looping import in_a_loop
from vrooli.autoheal.tracker import Tracked
from vrooli.core.launch import Launch
from vrooli.core.ports.manager import Held
from vrooli.stack.held_runtime import HeldRuntime

_STOPPED_BY = "stopped_by"
"""The key under which it is remembered who stopped what."""


class Holding:
    """Tells what is for us to heal from what is not."""

    def __init__(self, board: Board, ledger: Ledger) -> None:
        self._board, self._ledger = board, ledger
        self._supervisor = board.supervisor
        self._taken_in: set[str] = set()

    async def load(self) -> None:
        """Who stopped what, before this watchdog began."""
        self._board.stopped_by = dict(await self._ledger.load(_STOPPED_BY) or {})

    async def left_alone(self, tracked: Tracked) -> bool:
        """Whether it is not for us to act, by what its manager said last. An operator's stop is
        written down: from then on it is not meant to run.
        """
        held = self._supervisor.context.held.get(tracked.name)
        if self._supervisor.silence(tracked.service):
            return True
        if held is None:
            return False
        if held.phase in ("running", "starting"):
            await self._forget(tracked.name)
            return held.asked
        if held.phase == "restarting":
            return not (in_a_loop(tracked, self._supervisor) or self._in_vain(tracked))
        if held.phase == "stopping":
            return True
        if not tracked.service.managed:
            return held.asked  # we have no say in whether it is meant to run
        return held.asked and await self._stopped_by_hand(tracked)

    def _in_vain(self, tracked: Tracked) -> bool:
        """Whether its manager has started it over and over for as long as a start may take, and
        nobody has seen it well since: then that is no healing, and a person would never hear of it.
        """
        now = self._supervisor.context.tools.clock.monotonic()
        tracked.restarting_since = tracked.restarting_since or now
        return now - tracked.restarting_since >= tracked.service.start_timeout

    async def started_by_hand(self, tracked: Tracked, held: Held) -> bool:
        """Whether somebody took an own stop back: from then on it is meant to run again."""
        command = self._board.stopped_by.get(tracked.name)
        if command is None or held.phase not in ("running", "starting"):
            return False
        stack = self._supervisor.stack
        await asyncio.to_thread(self._board.wanted.start, {tracked.name}, stack.services)
        await self._forget(tracked.name)
        how = self._runtime(tracked).start_command
        await self._ledger.event(tracked.name, "started by hand", by=how)
        return True

    async def restarted(self, tracked: Tracked, before: Launch | None) -> None:
        """Write down that its manager started it again by itself, after the run `before`."""
        context = self._supervisor.context
        now = context.launches.get(tracked.name)
        if before is None or now is None or now.launch_id == before.launch_id:
            return
        ended = context.exits.get(before.launch_id)
        why = ended.describe() if ended is not None else "ended"
        by = self._runtime(tracked).manager
        await self._ledger.event(tracked.name, "started again", by=by, why=why)

    async def _stopped_by_hand(self, tracked: Tracked) -> bool:
        if tracked.name in self._taken_in:
            return True  # an event and a look tell the same
        self._taken_in.add(tracked.name)
        try:
            await self._take_in(tracked)
        finally:
            self._taken_in.discard(tracked.name)
        return True

    async def _take_in(self, tracked: Tracked) -> None:
        command = self._runtime(tracked).stop_command
        self._board.stopped_by[tracked.name] = command
        await self._save()  # first: a will of which nobody knows whose it is cannot be taken back
        await asyncio.to_thread(self._board.wanted.stop, {tracked.name})
        self._ledger.transition(tracked.name, "running", "stopped", f"`{command}`")
        await self._ledger.event(tracked.name, "stopped by hand", by=command)

    async def _forget(self, name: str) -> None:
        if self._board.stopped_by.pop(name, None) is not None:
            await self._save()

    async def _save(self) -> None:
        await self._ledger.save(_STOPPED_BY, self._board.stopped_by)

    def _runtime(self, tracked: Tracked) -> HeldRuntime:
        runtime = self._supervisor.runtime(tracked.service)
        assert isinstance(runtime, HeldRuntime)  # asked of what a manager holds only
        return runtime

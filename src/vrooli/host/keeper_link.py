"""A lasting connection to the keeper of a home: when the keeper is gone or hangs, the next one is
started.

Every request may raise `Unreachable` while that happens; asking again afterwards reaches the new
keeper.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from vrooli.core import grid
from vrooli.core.errors import Unreachable, VrooliError
from vrooli.core.home import Home
from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.core.ports.keeper import CaughtUp, nobody_waits
from vrooli.core.ports.processes import Processes
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import (
    STUCK,
    Starter,
    end_hung_keeper,
    keeper_identity,
    reach_keeper,
)

BEAT = 0.5
"""Seconds between heartbeats. The keeper takes 1.5 s of silence for a hang."""

ANSWER = 1.0
"""Seconds after which a keeper that does not answer is looked at: a stopped one is replaced at
once.
"""

AGAIN = 0.2
"""Seconds between attempts to reach or start a keeper."""

Answer = TypeVar("Answer")
Replaced = Callable[[str], Awaitable[None]]
"""Called with the reason when a new keeper has taken over."""


class KeeperLink:
    """Port `Keeper`, and the heartbeat. `minded` is the watchdog's own process for the keeper to
    mind; None minds nothing. `start` says how a keeper is started. `managed` is whether a
    service manager holds it; `beaten_at` when it last heard the heart beat, monotonic seconds.
    """

    def __init__(
        self,
        home: Home,
        processes: Processes,
        minded: LaunchSpec | None = None,
        start: Starter | None = None,
    ) -> None:
        self._home, self._processes, self._minded, self._start = home, processes, minded, start
        self._client: KeeperClient | None = None
        self._lock = asyncio.Lock()
        self._replaced: Replaced | None = None
        self.keeper_id = ""
        self.managed = False
        self.beaten_at = float("-inf")

    def on_replaced(self, call: Replaced) -> None:
        """Have `call` called after a keeper was replaced."""
        self._replaced = call

    async def connect(self) -> None:
        """Reach the keeper, or start one."""
        async with self._lock:
            if self._client is None:
                await self._reach()

    async def close(self) -> None:
        """Hang up; the keeper goes on."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def client(self) -> KeeperClient:
        """The connection, made when there is none."""
        if self._client is None:
            await self.connect()
        assert self._client is not None  # connect() sets it or raises
        return self._client

    # The port

    async def spawn(self, spec: LaunchSpec) -> Launch:
        """See the port. Never sent twice: nobody knows whether the first one started."""
        return await (await self.client()).spawn(spec)

    async def launches(self) -> Sequence[Launch]:
        """See the port."""
        return await self._asking(lambda client: client.launches())

    async def signal(self, launch_id: str, signal: int, *, tree: bool = False) -> int:
        """See the port."""
        return await self._asking(lambda client: client.signal(launch_id, signal, tree=tree))

    async def survivors(self, launch_id: str) -> Sequence[Identity]:
        """See the port."""
        return await self._asking(lambda client: client.survivors(launch_id))

    async def exits(
        self, after: int = 0, caught_up: CaughtUp = nobody_waits
    ) -> AsyncGenerator[Exit, None]:
        """See the port: of one keeper. `follow` goes on with the next."""
        async for ended in (await self.client()).exits(after, caught_up):
            yield ended

    async def remembered(self) -> Sequence[Exit]:
        """See the port."""
        return await self._asking(lambda client: client.remembered())

    async def run(self, spec: LaunchSpec, timeout: float) -> Exit:  # noqa: ASYNC109 -- see the port
        """See the port."""
        return await (await self.client()).run(spec, timeout)

    # For the watchdog

    async def follow(
        self, seen: Callable[[str], Awaitable[int]], caught_up: CaughtUp = nobody_waits
    ) -> AsyncIterator[Exit]:
        """Endings, for ever, over all keepers. `seen` gives the last handled position of one;
        `caught_up` is called for each of them.
        """
        while True:
            try:
                await self.connect()
                keeper = self.keeper_id

                def caught(keeper: str = keeper) -> None:
                    if self.keeper_id == keeper:
                        caught_up()

                exits = self.exits(await seen(keeper), caught)
                async with contextlib.aclosing(exits) as stream:
                    async for ended in stream:
                        if self.keeper_id != keeper:
                            break  # another keeper's, who was asked for the position of this one
                        yield ended
                why = "the keeper closed the stream"
            except VrooliError as error:
                why = error.what
            broken = self._client
            if broken is not None and not await self._alive():
                await self._replace_or_wait(why, broken)
            await asyncio.sleep(0 if self._client is not None else AGAIN)

    async def beat(self, stuck: Callable[[], str] = lambda: "") -> None:
        """Heartbeats for ever; a keeper that is gone, stopped or hung is replaced.

        Args:
            stuck: why the watchdog should be replaced itself, empty while it should not: then it
                does not beat, and the keeper sees to the rest.
        """
        silent = 0.0
        while True:
            await asyncio.sleep(grid.until_next(time.monotonic(), BEAT))
            if stuck():
                continue
            try:
                async with asyncio.timeout(ANSWER):
                    await (await self.client()).heartbeat()
                silent = 0.0
                self.beaten_at = time.monotonic()
            except (VrooliError, TimeoutError) as error:
                silent += ANSWER
                broken = self._client
                if broken is not None and (silent >= STUCK or not await self._alive()):
                    await self._replace_or_wait(str(error) or "it did not answer", broken)
                    silent = 0.0

    async def replace(self, why: str, broken: KeeperClient) -> None:
        """End the keeper behind `broken`, if it still holds the home, and reach or start the next;
        services run on. Nothing when somebody did so already.
        """
        async with self._lock:
            if self._client is not broken:
                return
            self._client = None
            with contextlib.suppress(VrooliError, OSError):
                await broken.close()
            holder = keeper_identity(self._home)
            # Another one may hold the home by now, and is well until it proves otherwise.
            if holder is not None and _name(holder) == self.keeper_id:
                await end_hung_keeper(self._home)
            await self._reach()
        if self._replaced is not None:
            await self._replaced(why)

    async def _replace_or_wait(self, why: str, broken: KeeperClient) -> None:
        """The heartbeat must not end because a keeper cannot be started now (disk full): it tries
        again.
        """
        with contextlib.suppress(VrooliError):
            await self.replace(why, broken)

    async def _alive(self) -> bool:
        """Whether the keeper process is there and not stopped, and the connection stands."""
        identity = keeper_identity(self._home)
        facts = self._processes.facts(identity) if identity is not None else None
        client = self._client  # another may replace it while we wait for the answer
        if facts is None or facts.stopped or client is None:
            return False
        try:
            await client.ping(ANSWER)
        except Unreachable:
            return not client.closed
        return True

    async def _reach(self) -> None:
        client = await reach_keeper(self._home, self._start)
        try:
            told = await client.ping(STUCK)
            identity = Identity.from_json(told["identity"])
            if self._minded is not None:
                await client.watch(self._minded, adopt=True)
        except BaseException:
            await client.close()
            raise
        self.keeper_id = _name(identity)
        self.managed = bool(told.get("managed"))
        self._client = client

    async def _asking(self, question: Callable[[KeeperClient], Awaitable[Answer]]) -> Answer:
        """Ask; when the keeper went away in between, ask the next one once more: reading and
        signalling may repeat.
        """
        client = await self.client()
        try:
            return await question(client)
        except Unreachable as error:
            if not await self._alive():
                await self.replace(error.what, client)
            return await question(await self.client())


def _name(identity: Identity) -> str:
    return f"{identity.boot_id}:{identity.pid}:{identity.start_ticks}"

"""Port `Bus`: D-Bus over a unix socket, by dbus-fast. The first call loads it: a process that asks
nothing on a bus does not pay for it.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from vrooli.core.errors import DeadlineExceeded, Unreachable, VrooliError
from vrooli.core.ports.bus import Call, Match, Reply, Signal

if TYPE_CHECKING:
    from dbus_fast import Message

    from vrooli.host.dbus_link import Link

ANSWER = 10.0
"""Seconds for a reply: systemd answers nobody while it reads its units, which takes seconds."""

MOST_WAITING = 1000
"""Signals that wait for one listener; more are a sign that it hangs."""

SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
"""Where every system has it (D-Bus specification, "System message bus")."""

_DBUS = "org.freedesktop.DBus"


class Heard:
    """What one listener hears; see the port."""

    def __init__(self, matches: Collection[Match], where: str) -> None:
        self._matches, self._where = tuple(matches), where
        self._waiting: asyncio.Queue[Signal | None] = asyncio.Queue(MOST_WAITING)
        self._over = ""

    async def next(self) -> Signal:
        """See the port."""
        signal = await self._waiting.get() if not (self._over and self._waiting.empty()) else None
        if signal is None:
            raise Unreachable(self._over, where=self._where)
        return signal

    def pending(self) -> list[Signal]:
        """See the port."""
        found: list[Signal] = []
        while not self._waiting.empty() and (signal := self._waiting.get_nowait()) is not None:
            found.append(signal)
        return found

    def hear(self, signal: Signal) -> None:
        """It came over the bus, for whomever."""
        if self._over or not any(match.fits(signal) for match in self._matches):
            return
        try:
            self._waiting.put_nowait(signal)
        except asyncio.QueueFull:
            self.end("more signals came than could be heard")

    def end(self, why: str) -> None:
        """No more will come."""
        self._over = self._over or why
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(None)  # who waits is woken; a full queue has nobody waiting


class DBus:
    """One bus.

    Args:
        address: as the D-Bus specification writes it, like `unix:path=/run/dbus/system_bus_socket`.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = asyncio.Lock()
        self._link: Link | None = None
        self._watching: asyncio.Task[None] | None = None
        self._listeners: set[Heard] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def call(self, call: Call) -> Reply:
        """See the port."""
        from vrooli.host import dbus_link

        try:
            async with asyncio.timeout(ANSWER):
                return await dbus_link.ask(await self._connected(), call, self._address)
        except TimeoutError as error:
            raise DeadlineExceeded(f"no reply within {ANSWER:g} s", where=str(call)) from error

    @asynccontextmanager
    async def listen(self, matches: Collection[Match]) -> AsyncIterator[Heard]:
        """See the port."""
        heard = Heard(matches, self._address)
        self._listeners.add(heard)
        try:
            for match in matches:
                await self.call(_matching("AddMatch", match))
            yield heard
        finally:
            self._listeners.discard(heard)
            if self._link is not None:  # aside: who is cancelled here must not wait for a bus
                task = asyncio.create_task(self._forget(matches, self._link))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._link is not None and self._watching is not None:
            self._link.disconnect()
            await self._watching
        self._link = self._watching = None

    async def _connected(self) -> "Link":
        from vrooli.host import dbus_link

        async with self._lock:
            if self._link is None or not self._link.connected:
                self._link = await dbus_link.connect(self._address)
                self._link.add_message_handler(self._on_message)
                self._watching = asyncio.create_task(self._watch(self._link))
            return self._link

    async def _forget(self, matches: Collection[Match], link: "Link") -> None:
        """On that connection: the next one may have the same matches, for somebody else."""
        from vrooli.host import dbus_link

        with suppress(VrooliError, TimeoutError):  # one that has ended hears nothing either
            async with asyncio.timeout(ANSWER):
                for match in matches:
                    await dbus_link.ask(link, _matching("RemoveMatch", match), self._address)

    async def _watch(self, link: "Link") -> None:
        """Whoever listens is told when the connection ends."""
        from vrooli.host import dbus_link

        await dbus_link.ended(link)
        for heard in self._listeners:
            heard.end("the bus went away")

    def _on_message(self, message: "Message") -> None:
        from vrooli.host import dbus_link

        signal = dbus_link.signal(message)
        if signal is not None:
            for heard in self._listeners:
                heard.hear(signal)


def _matching(member: str, match: Match) -> Call:
    return Call(_DBUS, "/org/freedesktop/DBus", _DBUS, member, "s", (match.rule(),))

"""Pages that are open: each is led to the log-in when its session is over, and what its person may
do is asked anew when that was told some minutes ago.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from nicegui import Client, ui

from vrooli.console.acting import Ways
from vrooli.core.errors import AccessDenied, VrooliError

LOOK = 1.0
"""Seconds between two looks at who is still signed in."""

CONFIRM = 2.0
"""Seconds that a page waits to be told what its person may do; then the last that was told counts,
as it does while the server is down.
"""

GRACE = 1.0
"""Seconds that a page has to be left when its session is over."""

RETRY = 15.0
"""Seconds between two questions to a server that does not answer."""


class OpenPages:
    """All of them.

    Args:
        ways: to the server, and who is signed in.
        lead_away: takes a page to the log-in.
    """

    def __init__(self, ways: Ways, lead_away: Callable[[Client], None]) -> None:
        self._ways, self._lead_away = ways, lead_away
        self._open: dict[Client, str] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, float] = {}

    def join(self, client: Client, session: str) -> Callable[[], None]:
        """One more; what to call when it is closed."""
        self._open[client] = session

        def leave() -> None:
            self._open.pop(client, None)

        return leave

    async def confirm(self, session: str) -> None:
        """Ask what the person of a session may do, if that is due; AccessDenied when nothing."""
        task = self._ask(session)
        if task is not None:  # which an earlier request may have waited for already
            waited = time.monotonic() - self._asked.get(session, 0.0)
            await asyncio.wait([task], timeout=max(0.0, CONFIRM - waited))
        if self._ways.sessions.lasting(session) is None:
            raise AccessDenied("the session is over", next_step="sign in again")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK)

    def look(self) -> None:
        """Lead pages away whose session is over."""
        for client, session in list(self._open.items()):
            if self._ways.sessions.lasting(session) is None:
                del self._open[client]
                self._lead_away(client)
            else:
                self._ask(session)

    def _ask(self, session: str) -> asyncio.Task[None] | None:
        """The question to the server, when it is due."""
        if session in self._asking:
            return self._asking[session]
        now = time.monotonic()
        if not self._ways.is_due(session) or now - self._asked.get(session, -RETRY) < RETRY:
            return None
        # Those that are long answered, so that they are no more than the sessions are.
        self._asked = {one: at for one, at in self._asked.items() if now - at < RETRY}
        self._asked[session] = now
        task = asyncio.create_task(self._exchange(session))
        self._asking[session] = task
        task.add_done_callback(lambda _: self._asking.pop(session, None))
        return task

    async def _exchange(self, session: str) -> None:
        with suppress(VrooliError):  # who is refused has no session any more
            await self._ways.queues.server.ask(lambda: self._ways.exchanged(session))
            self._asked.pop(session, None)  # it answers


def led_away_by(cut_off: Callable[[str], Awaitable[None]]) -> Callable[[Client], None]:
    """Takes a page to the log-in. A browser follows; whoever does not hears nothing more.

    Args:
        cut_off: closes the sockets of the page of that id.
    """
    forgetting: set[asyncio.Task[None]] = set()

    async def forget(client: Client) -> None:
        await asyncio.sleep(GRACE)
        if client.has_socket_connection:  # else the framework forgets it by itself
            client.delete()
            await cut_off(client.id)

    def lead_away(client: Client) -> None:
        with client:
            ui.navigate.to("/login?over=1")
        task = asyncio.create_task(forget(client))
        forgetting.add(task)
        task.add_done_callback(forgetting.discard)

    return lead_away

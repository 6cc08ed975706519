"""Telling people, as tasks of the watchdog of their own: nobody who looks or heals waits for them,
and whatever goes wrong here ends nothing else.
"""

import asyncio
import logging
import platform
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from vrooli.autoheal.digester import Digester
from vrooli.autoheal.events import Events
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.history import History
from vrooli.autoheal.loop import Parts
from vrooli.autoheal.notices import SpoolStore
from vrooli.autoheal.pager import Pager
from vrooli.autoheal.paging import HOST_WIDE
from vrooli.autoheal.paging_board import PagingBoard
from vrooli.autoheal.paging_words import Where
from vrooli.autoheal.routes.notify import Notify
from vrooli.core.errors import StorageError
from vrooli.core.machine import Machine
from vrooli.core.ports.secrets import Secrets
from vrooli.host.python_child import PythonChildren
from vrooli.notify.deliver import Deliverer
from vrooli.notify.message import Severity
from vrooli.notify.postbox import Postbox
from vrooli.notify.sending import ChildSender
from vrooli.notify.settings import Channel, Settings
from vrooli.stack.model import NotifySettings

_log = logging.getLogger(__name__)

SENDER = "vrooli.main.sender"

FOR_SENDERS = ("PATH", "HOME", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""Variables that a sender may need; all others may be secrets of services."""

PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")

AGAIN = 5.0
"""Seconds after which a part that failed begins anew."""

LOAD_PATIENCE = 30.0
"""Seconds that the spool gets to say what was unfinished; then we begin without, because people
have to be told of a disk that cannot be read as well.
"""


@dataclass(frozen=True)
class Outside:
    """What notifications need of the machine."""

    machine: Machine
    history: History
    events: Events
    secrets: Secrets
    environment: Mapping[str, str]


class Notifications:
    """Everything about telling people.

    Attributes:
        postbox: what is to be told.
        sender: tells it.
    """

    def __init__(self, parts: Parts, outside: Outside) -> None:
        self._parts, self._clock = parts, parts.clock
        stack = parts.board.supervisor.context.stack
        self._where = where = Where(stack.name, platform.node())
        store = SpoolStore(outside.history)
        children = PythonChildren(sender_environment(outside.environment))

        def settings() -> Settings:
            return settings_of(parts.board.supervisor.stack.notify)

        host = outside.machine.host_id[:12]
        self.postbox = Postbox(store, settings, parts.clock, host)
        self.sender = ChildSender(children, SENDER, outside.secrets)
        self._deliverer = Deliverer(self.postbox, self.sender, parts.clock)
        self._pager = Pager(
            PagingBoard(parts.board, parts.restraints),
            outside.events,
            parts.ledger,
            self.postbox,
            parts.clock,
            where,
        )
        self._digester = Digester(
            outside.history, parts.ledger, store, self.postbox, parts.clock, where
        )

    async def run(self) -> None:
        """Until cancelled."""
        await self._load()
        async with asyncio.TaskGroup() as group:
            for name, work in (
                ("deliver", self._deliverer.run),
                ("page", self._pager.run),
                ("digest", self._digester.run),
            ):
                group.create_task(self._for_ever(name, work))

    def routes(self) -> Notify:
        """Its part of the watchdog's API."""
        board, ledger = self._parts.board, self._parts.ledger

        def subjects() -> set[str]:
            return {*board.tracked, *board.checks, *HOST_WIDE.values()}

        return Notify(self.postbox, self.sender, ledger, self._clock, self._where, subjects)

    def trouble(self) -> list[str]:
        """What keeps people from being told."""
        found = [self.postbox.trouble] if self.postbox.trouble else []
        for name, line in self.postbox.lines.items():
            if line.breaker.open:
                found.append(f"the channel {name} takes nothing: `vrooli-autoheal notify list`")
        return found

    def advice(self) -> list[str]:
        """What an operator should do about it."""
        if self.postbox.settings.channels:
            return []
        return ["nobody is told when a person is needed: name a [notify.channels.NAME]"]

    async def _load(self) -> None:
        deadline = self._clock.monotonic() + LOAD_PATIENCE
        while True:
            try:
                await self.postbox.load()
                return
            except StorageError as error:
                if self._clock.monotonic() >= deadline:
                    _log.error("begin without what was unfinished: %s", error)
                    self.postbox.begin_without()
                    return
            await self._clock.sleep(1.0)

    async def _for_ever(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await guarded(name, work())
            await self._clock.sleep(AGAIN)


def settings_of(declared: NotifySettings) -> Settings:
    """The compiled settings, as notifications take them."""
    channels = {
        name: Channel(name, one.url, frozenset(map(Severity, one.severities)), one.second)
        for name, one in declared.channels.items()
    }
    return Settings(channels, declared.digest, declared.flood, declared.flood_window)


def sender_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What a sender gets of ours."""
    return {
        name: value
        for name, value in environment.items()
        if name in FOR_SENDERS or name.lower() in PROXIES
    }

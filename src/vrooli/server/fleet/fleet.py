"""Other hosts, as admins add and revoke them, and what their watchdogs post."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from vrooli.core.errors import UnknownName, UsageError, VrooliError
from vrooli.core.ports.database import Database
from vrooli.server.accounts.audit import Audit
from vrooli.server.accounts.roles import Caller
from vrooli.server.accounts.tokens import HOST_PREFIX, MAX_TOKEN, digest, make
from vrooli.server.fleet.host_store import Host, HostStore, Owned, Pass
from vrooli.server.fleet.report import CheckedReport
from vrooli.server.store import Stored

NAME = r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
"""Of a host, as DNS has them."""

_MACHINE = re.compile(r"[0-9a-f]{32}")


class Fleet:
    """For the API; whether somebody may ask at all is decided there.

    Args:
        database: where they are kept.
        monotonic: seconds that never jump.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._hosts, self._audit, self._monotonic = HostStore(database), Audit(), monotonic
        self._able_since = monotonic()

    async def add(self, who: Caller, name: str) -> dict[str, Any]:
        """A host that may post from now on, with its token, which is shown this once.

        Raises:
            UsageError: the name could be the id of a machine.
            Refused: there is one of that name, or there are too many.
        """
        if _MACHINE.fullmatch(name):
            raise UsageError(
                "32 hexadecimal digits are the id of a machine, under which its own server keeps"
                " its history",
                where=name,
                next_step="choose another name",
            )
        made = make(HOST_PREFIX)
        with self._watched():
            await self._hosts.add(name, made.digest, who.name)
        self._audit.did(who, "host-added", name)
        return {**await self.get(name), "token": made.token}

    async def all(self, *, brief: bool = False) -> list[dict[str, Any]]:
        """All of them, by name; `brief` leaves out what they say is wrong."""
        with self._watched():
            return [self._told(host, brief=brief) for host in await self._hosts.all()]

    async def get(self, name: str) -> dict[str, Any]:
        """One.

        Raises:
            UnknownName: there is none.
        """
        with self._watched():
            host = await self._hosts.get(name)
        if host is None:
            raise UnknownName(f"there is no host `{name}`", name, next_step="`vrooli host list`")
        return self._told(host)

    async def revoke(self, who: Caller, name: str) -> dict[str, Any]:
        """The host, whose token opens nothing any more; its history stays.

        Raises:
            UnknownName: there is none.
        """
        with self._watched():
            if await self._hosts.revoke(name):
                self._audit.did(who, "host-revoked", name)
        return await self.get(name)

    async def pass_of(self, token: str) -> tuple[Pass, bool] | None:
        """Whose token it is, and whether it is good; None when it is no host's."""
        if not token.startswith(HOST_PREFIX) or len(token) > MAX_TOKEN:
            return None
        key = digest(token)
        with self._watched():
            found = await self._hosts.owner(key)
        return None if found is None else (Pass(found[0], key), found[1])

    async def take(self, who: Pass, report: CheckedReport) -> Stored | Owned | None:
        """Store what is new of it; see `HostStore.take`."""
        with self._watched():
            return await self._hosts.take(who, report)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Note when PostgreSQL was away: nobody could post then, which is no host's fault."""
        try:
            yield
        except VrooliError as error:
            if error.retryable:
                self._able_since = self._monotonic()
            raise

    def _told(self, host: Host, *, brief: bool = False) -> dict[str, Any]:
        told = asdict(host)
        able = self._monotonic() - self._able_since
        told["silent"] = round(max(0.0, min(host.silent, able)), 3)
        told["unheard"] = host.silent > able
        if brief:
            told["problems"] = []
        return told

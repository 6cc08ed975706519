"""The server of a fleet, as one of those who are to have the history."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vrooli import __version__
from vrooli.autoheal.shipper import Shipping
from vrooli.client.wire import Response
from vrooli.core.errors import DeadlineExceeded
from vrooli.stack.aside import Aside
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import FleetSettings
from vrooli.stack.wire import http

PATH = "/api/v1/fleet/records"

SECONDS = 30.0
"""For one post with its answer."""

_SECRET = 5.0
"""Seconds for the token, and for the id of the home, which may lie on a disk that hangs."""


def key_of(settings: FleetSettings) -> str:
    """State key of the highest number that this server has: another one begins anew."""
    return f"fleet:{settings.server}"


@dataclass(frozen=True)
class FleetServer:
    """See the module.

    Attributes:
        settings: which server.
        in_force: those that hold now; with other ones, this recipient is wanted no more.
        tools: streams and secrets.
        who: `{host, stack}` of this host.
        home: the id of this stack's home; StorageError when the disk does not give it.
        look: `{status, problems}`: how it is.
        aside: where the token is read.
    """

    settings: FleetSettings
    in_force: Callable[[], FleetSettings]
    tools: ProbeTools
    who: dict[str, str]
    home: Callable[[], str]
    look: Callable[[], dict[str, Any]]
    aside: Aside

    @property
    def name(self) -> str:
        """Of events about it."""
        return "fleet"

    @property
    def key(self) -> str:
        """See `key_of`."""
        return key_of(self.settings)

    @property
    def every(self) -> float:
        """As declared."""
        return self.settings.every

    def wanted(self) -> bool:
        """Until an edit says otherwise."""
        return self.in_force() == self.settings

    async def post(self, records: list[dict[str, Any]], shipping: Shipping) -> Response:
        """Post them with how this host is.

        Raises:
            VrooliError: no answer, no certificate that is trusted, no token or id to show.
        """
        behind = max(0, shipping.behind - len(records))
        home = await self.aside.answer("id of the home", self.home, _SECRET)
        told = {**self.who, "home": home, "version": __version__, **self.look()}
        body = {**told, "behind": behind, "lost": shipping.lost, "records": records}
        secrets, reference = self.tools.place.secrets, self.settings.token
        token = await self.aside.answer(reference, lambda: secrets.resolve(reference), _SECRET)
        address, _ = http.target(self.settings.server)
        try:
            async with asyncio.timeout(SECONDS):
                return await http.request(
                    self.tools.streams, address, "POST", PATH, body, token.strip()
                )
        except TimeoutError as error:
            raise DeadlineExceeded("no complete answer in time", where=str(address)) from error

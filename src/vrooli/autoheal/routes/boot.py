"""The route about what the operating system does at boot."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.protection import Protection


@dataclass(frozen=True)
class Boot:
    """What this route works with.

    Attributes:
        protection: looks; blocks.
    """

    protection: Callable[[], Protection]

    def routes(self) -> list[Route]:
        """See the base."""
        return [Route("/boot", self.boot)]

    async def boot(self, request: Request) -> Response:
        """What `vrooli-autoheal watchdog --json` prints: whether it would come back, and why not.

        `last_boot` is `{boot_id, at, seconds, failed[], managed}` of the latest one seen.
        """
        found = await asyncio.to_thread(self.protection)
        return JSONResponse(found.to_json())


GROUP = Boot

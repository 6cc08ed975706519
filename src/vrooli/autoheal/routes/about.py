"""The route about the watchdog itself: which one it is, where it listens, what it keeps."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.history import History
from vrooli.autoheal.retention import Limits
from vrooli.autoheal.stored import Stored, size, stored

MOST = 10_000
"""Log files that are counted."""


@dataclass(frozen=True)
class About:
    """What this route works with.

    Attributes:
        version: of the program that runs.
        itself: what it says about itself.
        listens: where it is reached now.
        history: what it keeps.
        logs: the folder of what services write.
    """

    version: str
    itself: Callable[[], dict[str, Any]]
    listens: Callable[[], list[str]]
    history: History
    logs: Path

    def routes(self) -> list[Route]:
        """See the base."""
        return [Route("/about", self.about)]

    async def about(self, request: Request) -> Response:
        """`{version, started_at, listens[], history_bytes, log_bytes, kept[]}`: which watchdog this
        is, where it is reached, and what it keeps: `{what, seconds, oldest}` each.
        """
        limits = Limits()

        def read(connection: sqlite3.Connection) -> tuple[int, list[Stored]]:
            return size(connection), stored(connection, limits)

        history_bytes, kept = await self.history.read(read)
        return JSONResponse(
            {
                "version": self.version,
                "started_at": self.itself()["started_at"],
                "listens": self.listens(),
                "history_bytes": history_bytes,
                "log_bytes": await asyncio.to_thread(bytes_in, self.logs),
                "kept": [one.to_json() for one in kept],
            }
        )


def bytes_in(folder: Path) -> int:
    """Of the files in it; blocks."""
    total = 0
    with suppress(OSError):  # before the first service wrote something
        for file in islice(folder.iterdir(), MOST):
            with suppress(OSError):  # rotated away meanwhile
                total += file.stat().st_size
    return total


GROUP = About

"""Whom the steps of swarms ask: counts what was done there, and answers as a watchdog besides."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.tiny_server import Asked, serving

PAUSE = 0.03
"""Seconds from the deed to the answer: whoever asked may be killed meanwhile."""

_FULL = "PANIC:  could not write to file: No space left on device"

_WATCHDOG: dict[str, Any] = {
    "/status": {
        "services": [
            {
                "name": "db", "state": "failed", "health": "critical", "message": "no answer",
                "held_back": "", "stopped_by": None, "stopped_with": [], "failing_since": 1.0,
                "needs": [], "runtime": "process",
            }
        ],
        "problems": [],
    },
    "/checks": {"checks": []},
    "/plan": {"plan": []},
    "/history": {"since": 0.0, "incidents": []},
    "/heals/ended": {"heals": []},
    "/timeline": {"entries": []},
    "/trends": {"trends": []},
    "/services/db/log": {"lines": [_FULL]},
}  # fmt: skip
"""What it says of a database whose disk is full."""


@dataclass
class Outside:
    """What was done there, whoever asked for it.

    Attributes:
        address: where it answers.
        done: how often, by the path that was posted to; what has one key is done once.
        keys: those that were seen.
        read: how often something was read.
    """

    address: str = ""
    done: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    read: int = 0

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """See `tiny_server.Answer`."""
        path = asked.path.partition("?")[0]
        if asked.method == "POST":
            key = asked.headers.get("idempotency-key")
            if key is None or key not in self.keys:
                self.done[path] += 1
            self.keys |= {key} if key else set()
            await asyncio.sleep(PAUSE)
            body = json.dumps({"done": path})
        else:
            self.read += 1
            body = json.dumps(_WATCHDOG[path])
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        writer.write(f"{head}\r\n\r\n{body}".encode())
        await writer.drain()


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    """It, for as long as the block lasts."""
    one = Outside()
    async with serving(one.answer) as address:
        one.address = f"http://{address}"
        yield one

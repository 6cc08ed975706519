"""`GET /health` of any program of ours: open to everyone, so that no token is shown."""

import time
from dataclasses import dataclass
from typing import Any

from vrooli.client import http
from vrooli.core.address import Address

SECONDS = 5.0
"""For the whole answer."""


@dataclass(frozen=True, slots=True)
class Healthy:
    """What came back.

    Attributes:
        body: what it says about itself.
        code: of the HTTP answer; 503 is a verdict as well.
        seconds: that it took.
    """

    body: dict[str, Any]
    code: int
    seconds: float


def health_of(target: Address, timeout: float = SECONDS) -> Healthy:
    """What the program there says about itself; blocks.

    Raises:
        VrooliError: as `client.http.send`; ProtocolError also for what is no JSON.
    """
    began = time.monotonic()
    answer = http.request(target, "GET", "/health", timeout=timeout)
    body = answer.json()
    took = time.monotonic() - began
    return Healthy(body if isinstance(body, dict) else {}, answer.status, took)

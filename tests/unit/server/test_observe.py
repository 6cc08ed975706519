"""Which requests are worth a line in the log."""

from types import SimpleNamespace

import pytest
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from vrooli.server.metrics import Metrics
from vrooli.server.middleware.observe import Observe


async def _logged(method: str, route: str, status: int) -> int:
    """The number of lines about one such request."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    async def ignore(message: Message) -> None:
        return None

    scope = {"type": "http", "method": method, "path": route, "route": SimpleNamespace(path=route)}
    with capture_logs() as lines:
        await Observe(answer, Metrics("0"))(scope, nothing, ignore)
    return len(lines)


@pytest.mark.parametrize(
    ("method", "route"),
    [
        *(("GET", "/health"), ("GET", "/health/live"), ("GET", "/metrics")),
        *(("POST", "/api/v1/history"), ("POST", "/api/v1/fleet/records"), ("GET", "/api/v1/hosts")),
    ],
)
async def test_what_machines_ask_every_few_seconds_is_logged_only_when_it_fails(
    method: str, route: str
) -> None:
    assert await _logged(method, route, 200) == 0
    assert await _logged(method, route, 503) == 1


async def test_everything_else_is_logged() -> None:
    assert await _logged("GET", "/api/v1/history", 200) == 1

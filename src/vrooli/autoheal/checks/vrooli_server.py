"""How the API server says that it is, with what it depends on."""

import json
from typing import Any

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.address import HostPort
from vrooli.core.result import Result, critical, warning
from vrooli.stack.model import Thresholds
from vrooli.stack.wire import http


async def _run(look: Look) -> Result:
    tools, server = look.facts.tools, look.resource
    began = tools.clock.monotonic()
    answer = await http.get(tools.streams, HostPort(server.host, server.port), "/health")
    took = round(1000 * (tools.clock.monotonic() - began), 1)
    told = _told(answer.body)
    status, missing = told.get("status"), _missing(told)
    if status == "healthy":
        return judge(took, "ms", look.limits, f"healthy, says so in {took:.0f} ms")
    message = f"{status or 'it does not say how it is'}{missing}"
    return warning(message, took, "ms") if status == "degraded" else critical(message, took, "ms")


def _missing(told: dict[str, Any]) -> str:
    dependencies = told.get("dependencies")
    if not isinstance(dependencies, dict):
        return ""
    away = [name for name, facts in dependencies.items() if not facts.get("connected")]
    return f": without {', '.join(away)}" if away else ""


def _told(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


CHECK = Check(
    id="vrooli-server",
    title="API server",
    why="It can be alive and yet serve nobody, because what it needs is away.",
    category="watchdog",
    interval=15.0,
    unit="ms",
    thresholds=Thresholds(warning=1000.0, critical=4000.0),
    run=_run,
    of="server",
)

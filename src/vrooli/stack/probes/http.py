"""An HTTP GET: 2xx and 3xx are healthy, and a JSON `status` in the body refines that."""

import json
from typing import Any

from vrooli.client.wire import Response
from vrooli.core.address import HostPort
from vrooli.core.result import Result, critical, ok, warning
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import Service
from vrooli.stack.wire import http


async def probe(service: Service, tools: ProbeTools) -> Result:
    """GET `health.target`: a URL, or a path on the service's own port."""
    where = service.health.target or "/"
    if where.startswith("/"):
        address = HostPort(service.host, service.port)
        return await get(tools, address, where)
    return await get(tools, *http.target(where))


async def get(tools: ProbeTools, address: HostPort, path: str) -> Result:
    """One GET, judged."""
    return judge(await http.get(tools.streams, address, path))


def judge(answer: Response) -> Result:
    """By status code; then `{"status": "degraded"}` is a warning and `unhealthy` critical."""
    said = _said(answer.body)
    words = f"HTTP {answer.status}" + (f", says it is {said}" if said else "")
    facts: dict[str, Any] = {"http_status": answer.status} | ({"said": said} if said else {})
    if not 200 <= answer.status < 400:
        return critical(words, **facts)
    if said in ("unhealthy", "critical", "down"):
        return critical(words, **facts)
    if said in ("degraded", "warning", "warn"):
        return warning(words, **facts)
    return ok(words, **facts)


def _said(body: bytes) -> str:
    if not body.lstrip().startswith(b"{"):
        return ""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    status = value.get("status") if isinstance(value, dict) else None
    return status.lower()[:40] if isinstance(status, str) and status.isprintable() else ""

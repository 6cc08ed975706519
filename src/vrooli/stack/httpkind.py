"""Base of the kinds with an HTTP API: each says where to ask, and what a right answer is."""

import json
from typing import Any, ClassVar

from vrooli.core.result import Result, critical
from vrooli.stack.kind import Kind, ProbeTools
from vrooli.stack.model import Service
from vrooli.stack.references import is_reference
from vrooli.stack.wire import http
from vrooli.stack.wire.dsn import without_password


class HttpKind(Kind):
    """A resource that is asked by HTTP.

    Attributes:
        path: what is asked for.
    """

    path: ClassVar[str]

    def public_url(self, service: Service) -> str:
        """Where it is."""
        if service.url:
            return service.url if is_reference(service.url) else without_password(service.url)
        return f"http://{service.host}:{service.port}" if service.port else ""

    async def probe(self, service: Service, tools: ProbeTools) -> Result:
        """GET `path`, and judge."""
        address, _ = http.target(self.url(service, tools.place))
        answer = await http.get(tools.streams, address, self.path)
        if not 200 <= answer.status < 300:
            return critical(f"HTTP {answer.status}", http_status=answer.status, answered=True)
        return self.judge(answer.body)

    def judge(self, body: bytes) -> Result:
        """What a good status means in its own protocol."""
        raise TypeError(f"{type(self).__name__} must judge")

    @staticmethod
    def object_of(body: bytes) -> dict[str, Any]:
        """The JSON object of an answer; empty when it is none."""
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

"""Something elsewhere that speaks HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrooli.core.result import Result, critical, ok
from vrooli.stack.kind import Kind, ProbeTools
from vrooli.stack.model import Service
from vrooli.stack.probes import http as probes
from vrooli.stack.references import is_reference
from vrooli.stack.wire import http
from vrooli.stack.wire.dsn import without_password


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """Keys of `kind = "http"`.

    Attributes:
        status: status codes that count as healthy; empty: 200 to 399.
    """

    status: Sequence[int] = ()


class HttpKind(Kind):
    """An external endpoint."""

    name = "http"
    title = "HTTP endpoint"
    summary = "a URL elsewhere that must answer"
    options = HttpOptions
    needs_command = False
    runtimes = ("external",)

    def public_url(self, service: Service) -> str:
        """Without a password, and without a query, which may hold a key."""
        return service.url if is_reference(service.url) else without_password(service.url)

    async def probe(self, service: Service, tools: ProbeTools) -> Result:
        """GET it."""
        address, path = http.target(self.url(service, tools.place))
        answer = await http.get(tools.streams, address, path)
        options: HttpOptions = self.read_options(service)
        if not options.status:
            return probes.judge(answer)
        words = f"HTTP {answer.status}"
        if answer.status in options.status:
            return ok(words, http_status=answer.status)
        return critical(f"{words}, not as expected", http_status=answer.status)


KIND = HttpKind()

"""SearXNG, which asks search engines."""

from vrooli.core.result import Result, critical, ok
from vrooli.stack.httpkind import HttpKind


class SearxngKind(HttpKind):
    """A search engine over others."""

    name = "searxng"
    title = "SearXNG"
    summary = "a search engine that asks others"
    default_port = 8080
    path = "/healthz"

    def judge(self, body: bytes) -> Result:
        """The text `OK`."""
        if body.strip() != b"OK":
            return critical("it answers, but not as SearXNG does", answered=True)
        return ok("says OK")


KIND = SearxngKind()

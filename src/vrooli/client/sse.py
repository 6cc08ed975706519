"""Server-sent events, line by line, for the blocking and the asyncio client."""

from typing import Any

from vrooli.client.wire import object_in
from vrooli.core.errors import AccessDenied


class EventLines:
    """What the lines of one stream say; names and comments (heartbeats) are left out.

    Args:
        where: who sends it.
    """

    def __init__(self, where: str) -> None:
        self._where, self._over = where, False

    def read(self, line: bytes) -> dict[str, Any] | None:
        """The JSON data in a line; None where it has none.

        Raises:
            AccessDenied: it is that of the event `over`: who asks may read no more.
            ProtocolError: it is no JSON object.
        """
        self._over = self._over or line == b"event: over"
        if not line.startswith(b"data:"):
            return None
        said = object_in(line[5:], self._where)
        if self._over:
            what = str(said.get("detail", "the server tells no more"))
            advice = "log in again: `vrooli login EMAIL`"
            raise AccessDenied(what, where=self._where, next_step=advice)
        return said

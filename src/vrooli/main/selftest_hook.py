"""A hook as somebody might have one: it takes what people are told, as apprise's `json://` sends
it.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Got:
    """One notification as it came.

    Attributes:
        key: the same however often it comes.
        type: apprise's word for how bad it is.
    """

    key: str
    title: str
    body: str
    type: str

    @property
    def kind(self) -> str:
        """page, resolved, digest or test."""
        return self.key.rpartition(":")[2]

    @property
    def subject(self) -> str:
        """Whom it is about, as the incident in the key says; empty when it belongs to none."""
        incident = self.key.partition(":")[2].rpartition(":")[0]
        return incident.partition("-")[2]


class Hook:
    """Listens on a free port of this machine until it is closed.

    Args:
        take: is given each notification, several at once; False when it is to be refused.
    """

    def __init__(self, take: Callable[[Got], bool]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(take))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The apprise URL."""
        return f"json://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        """Take nothing more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Inbox:
    """Somebody who is told by a hook, and counts once what comes twice.

    Attributes:
        url: the apprise URL.
    """

    def __init__(self) -> None:
        self._got: dict[str, Got] = {}
        self._hook = Hook(self._take)
        self.url = self._hook.url

    def told(self, kind: str) -> list[str]:
        """The subjects of all that came of a kind, sorted."""
        return sorted(one.subject for one in [*self._got.values()] if one.kind == kind)

    def close(self) -> None:
        """Take nothing more."""
        self._hook.close()

    def _take(self, got: Got) -> bool:
        self._got[got.key] = got
        return True


def _handler(take: Callable[[Got], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = str(self.headers["Idempotency-Key"])
            taken = take(Got(key, body["title"], body["message"], body["type"]))
            if not taken:
                self.send_error(503)
                return
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not into anybody's output."""

    return Handler

"""Somebody's own program that takes notifications by HTTP, as apprise's `json://` sends them."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Got:
    """One notification as it came."""

    key: str
    title: str
    body: str
    type: str

    @property
    def kind(self) -> str:
        """page, resolved, digest or test: the end of the key."""
        return self.key.rpartition(":")[2]


@dataclass
class Receiver:
    """What came, in order; what was refused did not.

    Attributes:
        url: the apprise URL.
        before_answer: called with each notification before it is answered.
        refuses: answers 503 while it is set.
        asked: how often somebody tried.
        stuck: for a `before_answer` that waits.
    """

    url: str = ""
    refuses: bool = False
    asked: int = 0
    before_answer: Callable[[Got], object] = lambda _: None
    got: list[Got] = field(default_factory=list)
    stuck: threading.Event = field(default_factory=threading.Event)

    def of(self, kind: str) -> list[Got]:
        """What came of a kind."""
        return [one for one in self.got if one.kind == kind]

    def keys(self, kind: str) -> set[str]:
        """Of those, the keys: what comes twice counts once."""
        return {one.key for one in self.of(kind)}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """One on a free port, until the block ends."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"json://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(receiver: Receiver) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.asked += 1
            key = str(self.headers["Idempotency-Key"])
            got = Got(key, body["title"], body["message"], body["type"])
            receiver.before_answer(got)
            if receiver.refuses:
                self.send_error(503)
                return
            receiver.got.append(got)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not into the test's output."""

    return Handler

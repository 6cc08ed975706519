"""A stack of many services with a month of history, and the console beside it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from time import time

from bench._lab import Lab
from bench._ours import Ours
from tests.support.ports import free_port
from vrooli.autoheal import spool

SERVICES = 200
DAYS = 30
DAY = 86_400.0
DOWN = 120.0
"""Seconds of a day in which each service was down."""

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu")


@contextmanager
def many(place: Lab, port: int, services: int = SERVICES, extra: str = "") -> Iterator[Ours]:
    """All services are the same peer, which is watched only; so is their past."""
    stack = Ours(place)
    lines = ["[scenarios.console]", f"port = {free_port()}", extra]
    for number in range(services):
        lines += [f"[resources.service{number:03}]", 'kind = "tcp"', 'runtime = "external"']
        lines += ['host = "127.0.0.1"', f"port = {port}"]
    stack.write(5.0, (), "\n".join(lines))
    _fill(stack.home, services)
    try:
        ended = stack.run("up")
        if ended.returncode != 0:
            raise RuntimeError(ended.stderr)
        yield stack
    finally:
        stack.run("down")


def _fill(home: Path, services: int) -> None:
    """A spool as the watchdogs of the days before would have left it: stretches."""
    home.mkdir(mode=0o700)
    now = time()
    subjects = ["scenario-autoheal", *(f"resource-service{n:03}" for n in range(services))]
    query = (
        "INSERT INTO stretches(subject, state, began, ended, every, why) VALUES (?, ?, ?, ?, 5, ?)"
    )
    with closing(spool.open_spool(home / "spool.db", now).connection) as connection:
        connection.execute("BEGIN")
        for day in range(DAYS):
            began = now - (DAYS - day) * DAY
            for subject in subjects:
                connection.execute(query, (subject, "ok", began, began + DAY - DOWN, "answers"))
                last = (subject, "critical", began + DAY - DOWN, began + DAY, "refused")
                connection.execute(query, last)
        connection.execute("COMMIT")


@contextmanager
def peer() -> Iterator[int]:
    """Something that accepts connections, and leaves it to others to close them."""

    class Silent(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1)

    class Accepting(ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 1024

    with Accepting(("127.0.0.1", 0), Silent) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()

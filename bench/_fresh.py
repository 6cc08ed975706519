"""Faults that were taken from what operators report, after the rules of triage were widened for
those of `_held_out`; the rules are not changed because of what they say of these.
"""

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._faults import Fault, Shop
from bench._held_out import in_data, in_folder


def _empty(path: Path) -> None:
    """As a disk leaves it that was full when it was written."""
    path.touch(0o600)


def _gone(path: Path) -> None:
    """Somebody needed its room."""


@contextmanager
def _no_inodes(open_: Shop) -> Iterator[None]:
    """Room there is, but no file can be made: a thousand small ones a day, for years."""
    folder = open_.stack.home / "data" / "shop-db" / "mails"
    folder.mkdir()
    with contextlib.suppress(OSError):
        for number in range(100_000):
            (folder / str(number)).touch()
    try:
        open_.stack.kill("shop-db")
        open_.until("shop-db", "failed")
        open_.stack.until(lambda: "space" in _log(open_), "it says why")
        yield
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def _log(open_: Shop) -> str:
    return open_.stack.run("logs", "shop-db", "-n", "20").stdout


@contextmanager
def _squatted(open_: Shop) -> Iterator[None]:
    """Another program listens where the database did."""
    stack = open_.stack
    stack.run("stop", "shop-db")
    with socket.create_server(("127.0.0.1", stack.ports["shop-db"])):
        stack.run("start", "shop-db")
        open_.until("shop-db", "failed")
        yield
    stack.run("start")


FRESH = (
    Fault("disk-full", "shop-db", "No space left", _no_inodes),
    Fault("port-taken", "shop-db", "taken by|in use", _squatted),
    Fault("secret-gone", "search", "api-key", in_folder("api-key", "search", _empty)),
    Fault("crash-loop", "shop-db", "lock file", in_data("postmaster.pid", _empty)),
    Fault("crash-loop", "shop-db", "pg_wal", in_data("pg_wal", _gone)),
)
"""What is seeded with `--fresh`, in this order."""

"""Becoming the keeper of a home that another one holds: it is asked to end, and services run on.

Only a keeper that a service manager started does so. That one must hold the home itself: the
manager watches nobody else.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time

from vrooli.host.keeper import proc, wire
from vrooli.host.keeper.door import LOCK, SOCKET, Unfit, take_lock
from vrooli.host.keeper.log import log

PATIENCE = 5.0  # seconds that the one before gets to end by itself
LONGEST = 30.0  # seconds until this is given up; the manager tries again
PAUSE = 0.01
ANSWER = 1.0


def succeed(root: str, run: str) -> int:
    """The lock of the home, waiting for whoever holds it; `Unfit` when nobody lets go.

    1. take it; 2. ask the holder to end; 3. end one that does not; again from 1, because the
    watchdog may have started another one in between.
    """
    began = time.monotonic()
    asked: tuple[int, int] | None = None
    asked_at = began
    while (lock := take_lock(root)) is None:
        now = time.monotonic()
        holder = _holder(root)
        if now - began > LONGEST:
            raise Unfit("another keeper holds it and does not end")
        if holder is not None and holder != asked:
            log("info", f"taking over from the keeper {holder[0]}")
            asked, asked_at = holder, now
            _ask_to_end(run)
        elif holder is not None and (now - asked_at > PATIENCE or _is_stopped(holder[0])):
            log("warning", f"the keeper {holder[0]} does not end; ending it")
            proc.send(*holder, signal.SIGKILL)
            asked_at = now
        time.sleep(PAUSE)
    return lock


def _holder(root: str) -> tuple[int, int] | None:
    """Pid and start time of whoever wrote its name into the lock, while it lives."""
    try:
        with open(os.path.join(root, LOCK), "rb") as file:
            told = json.loads(file.read(4096))
        pid, start_ticks = int(told["pid"]), int(told["start_ticks"])
        boot_id = told["boot_id"]
    except (OSError, ValueError, KeyError, TypeError):  # it is just being written
        return None
    stat = proc.read_stat(pid)
    if boot_id != proc.boot_id() or stat is None or stat.start_ticks != start_ticks:
        return None
    return (pid, start_ticks) if stat.alive and pid != os.getpid() else None


def _is_stopped(pid: int) -> bool:
    """A stopped one (SIGSTOP) will not answer however long it is given, unless it is debugged."""
    stat = proc.read_stat(pid)
    return stat is not None and stat.state == "T" and not proc.is_traced(pid)


def _ask_to_end(run: str) -> None:
    request = wire.encode({"id": 1, "op": "shutdown", "force": True})
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER)
            connection.connect(os.path.join(run, SOCKET))
            connection.sendall(request)
            connection.recv(4096)
    except OSError as error:  # it hangs, or has a socket elsewhere: then it is ended
        log("warning", f"the keeper before does not answer: {error}")

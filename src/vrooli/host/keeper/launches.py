"""What the keeper knows of the processes it has started: those alive, and the last that ended."""

from __future__ import annotations

import sys
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

REMEMBERED_EXITS = 1000


class Launch:
    """One process that was started. The shape of `to_json` is that of `vrooli.core.launch.Launch`.

    Attributes:
        minded: it is the watchdog, so it is no service and is started again by the keeper.
        pidfd: of an adopted one, -1 for a child of ours.
        tag: see `tag`; 0 for none.
        session_over: no process is left in its session, so that a later session with this number is
            another's.
    """

    __slots__ = (
        "adopted",
        "boot_id",
        "fingerprint",
        "launch_id",
        "minded",
        "pid",
        "pidfd",
        "service",
        "session_over",
        "start_ticks",
        "started_at",
        "tag",
    )

    def __init__(self, launch_id: str, service: str, fingerprint: str, started_at: float) -> None:
        self.launch_id = launch_id
        # Interned: a crashing service would fill the memory with a thousand copies of its name.
        self.service = sys.intern(service)
        self.fingerprint = sys.intern(fingerprint)
        self.started_at = started_at
        self.boot_id = ""
        self.pid = 0
        self.start_ticks = 0
        self.adopted = False
        self.minded = False
        self.pidfd = -1
        self.session_over = False
        self.tag = 0

    def to_json(self) -> dict[str, Any]:
        """The shape on the socket and in the record."""
        return {
            "launch_id": self.launch_id,
            "service": self.service,
            "identity": {
                "boot_id": self.boot_id,
                "pid": self.pid,
                "start_ticks": self.start_ticks,
            },
            "fingerprint": self.fingerprint,
            "started_at": self.started_at,
            "adopted": self.adopted,
        }


def launch_from_json(data: dict[str, Any]) -> Launch:
    """Read what `to_json` wrote; KeyError, TypeError or ValueError when it is something else."""
    launch = Launch(
        str(data["launch_id"]),
        str(data["service"]),
        str(data["fingerprint"]),
        float(data["started_at"]),
    )
    identity = data["identity"]
    launch.boot_id = str(identity["boot_id"])
    launch.pid = int(identity["pid"])
    launch.start_ticks = int(identity["start_ticks"])
    launch.adopted = bool(data["adopted"])
    launch.minded = bool(data.get("minded", False))
    launch.tag = int(data.get("tag", 0))
    return launch


class Exit:
    """How a launch ended; both `code` and `signal` are None when nobody could know."""

    __slots__ = ("at", "code", "detected_monotonic", "launch", "seq", "signal")

    def __init__(self, seq: int, launch: Launch, status: int | None) -> None:
        self.seq = seq
        self.launch = launch
        self.code, self.signal = split_status(status)
        self.at = 0.0
        self.detected_monotonic = 0.0

    def to_json(self) -> dict[str, Any]:
        """The shape on the socket: that of `vrooli.core.launch.Exit`."""
        return {
            "seq": self.seq,
            "launch": self.launch.to_json(),
            "code": self.code,
            "signal": self.signal,
            "at": self.at,
            "detected_monotonic": self.detected_monotonic,
        }


def split_status(status: int | None) -> tuple[int | None, int | None]:
    """Exit code and signal of a status of wait(2)."""
    if status is None:
        return None, None
    low = status & 0x7F
    return (status >> 8 & 0xFF, None) if low == 0 else (None, low)


def describe(status: int | None) -> str:
    """How it ended, in words."""
    code, signal_number = split_status(status)
    if signal_number is not None:
        return f"killed by signal {signal_number}"
    return "ended, status unknown" if code is None else f"exited with code {code}"


class Table:
    """The launches that are alive, and the last 1000 exits."""

    def __init__(self) -> None:
        self.alive: dict[str, Launch] = {}
        self.by_pid: dict[int, Launch] = {}
        self.exits: deque[Exit] = deque(maxlen=REMEMBERED_EXITS)
        self.next_seq = 1
        self._waiting: dict[str, list[Callable[[Exit], None]]] = {}

    def add(self, launch: Launch) -> None:
        """Record one that runs."""
        self.alive[launch.launch_id] = launch
        self.by_pid[launch.pid] = launch

    def services(self) -> list[Launch]:
        """Those alive, without the watchdog."""
        return [launch for launch in self.alive.values() if not launch.minded]

    def remove(self, launch: Launch) -> None:
        """It is no longer alive."""
        self.alive.pop(launch.launch_id, None)
        if self.by_pid.get(launch.pid) is launch:
            del self.by_pid[launch.pid]

    def end(self, launch: Launch, status: int | None, at: float, monotonic: float) -> Exit:
        """Move it to the exits, tell who waits for it; `status` of wait(2), None when unknown."""
        self.remove(launch)
        ended = Exit(self.next_seq, launch, status)
        ended.at, ended.detected_monotonic = at, monotonic
        self.next_seq += 1
        self.exits.append(ended)
        for tell in self._waiting.pop(launch.launch_id, ()):
            tell(ended)
        return ended

    def find(self, launch_id: str) -> Launch | None:
        """A launch that is alive or remembered."""
        if launch_id in self.alive:
            return self.alive[launch_id]
        ended = self.find_exit(launch_id)
        return None if ended is None else ended.launch

    def find_exit(self, launch_id: str) -> Exit | None:
        """The remembered end of a launch."""
        for ended in reversed(self.exits):
            if ended.launch.launch_id == launch_id:
                return ended
        return None

    def when_ended(self, launch_id: str, tell: Callable[[Exit], None]) -> None:
        """Call `tell` once it ends."""
        self._waiting.setdefault(launch_id, []).append(tell)

"""How a receiver is, as it writes it down every second for the watchdog."""

import json
from dataclasses import asdict, dataclass

FRESH = 10.0
"""Seconds after which what was written down says nothing any more."""


@dataclass(frozen=True, slots=True)
class Received:
    """See the module.

    Attributes:
        at: when that was, Unix seconds.
        since: for how long it is `streaming`, or not; Unix seconds.
        streaming: whether it gets what is written at once.
        why: of one that is not.
        system: whose WAL it is.
        stream: the folder that it writes to.
        written, received: how far the server and the receiver are, in bytes.
        lag_bytes, lag_seconds: what would be lost with the server now.
        slot: state of the slot, as PostgreSQL names it; empty when there is none.
        room: bytes that the server may still keep for it; None for no bound.
        waits: whether a commit waits until it has it.
        synchronous: whether it should.
        gap: when the last one was, Unix seconds; 0 for none.
        gap_why: of that.
    """

    at: float
    since: float
    streaming: bool
    why: str = ""
    system: str = ""
    stream: str = ""
    written: int = 0
    received: int = 0
    lag_bytes: int = 0
    lag_seconds: float = 0.0
    slot: str = ""
    room: int | None = None
    waits: bool = False
    synchronous: bool = False
    gap: float = 0.0
    gap_why: str = ""


def received_written(one: Received) -> str:
    """As it lies in the file."""
    return json.dumps(asdict(one)) + "\n"


def received_read(content: bytes | None) -> Received | None:
    """The other way round; None when there is none, or it cannot be understood."""
    try:
        return Received(**json.loads(content or b""))
    except (ValueError, TypeError, RecursionError):
        return None

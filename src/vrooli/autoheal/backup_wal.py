"""What of the WAL is received here: how far behind it is, and which times it makes reachable."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrooli.core.home import Home
from vrooli.stack.builtin.wal import seen_of
from vrooli.stack.postgres.wal.status import FRESH
from vrooli.stack.postgres.wal.streams import Stream, streams_in, wal_folder

SPANS = 50
"""Times without a gap that are told, the newest of them."""


@dataclass(frozen=True, slots=True)
class WalSeen:
    """Of one resource.

    Attributes:
        streaming: whether what is written is received at once.
        why: of one that is not.
        lag_seconds, lag_bytes: what would be lost with the server now.
        spans: from when to when nothing is missing, Unix seconds: any moment of one can be gone
            back to, from the first restore point in it on.
    """

    service: str
    streaming: bool
    why: str
    lag_seconds: float
    lag_bytes: int
    spans: tuple[tuple[float, float], ...]


def wal_seen(home: Home, service: str, now: float) -> WalSeen | None:
    """How it is; None where nothing receives. Blocks."""
    seen = seen_of(home, service)
    if seen is None:
        return None
    fresh = now - seen.at <= FRESH
    return WalSeen(
        service=service,
        streaming=seen.streaming and fresh,
        why=seen.why if fresh else "the receiver does not say how it is",
        # What nobody receives any more is at risk since then.
        lag_seconds=seen.lag_seconds if fresh else now - seen.at + seen.lag_seconds,
        lag_bytes=seen.lag_bytes,
        spans=_spans(streams_in(wal_folder(home, service) / seen.system) if seen.system else []),
    )


def _spans(streams: Sequence[Stream]) -> tuple[tuple[float, float], ...]:
    """One that follows without a gap goes on with the one before."""
    found: list[tuple[float, float]] = []
    for stream in streams:
        if found and not stream.gap:
            found[-1] = (found[-1][0], stream.seen)
        else:
            found.append((stream.begun, stream.seen))
    return tuple(found[-SPANS:])

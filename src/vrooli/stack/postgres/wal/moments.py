"""Moments to go back to: as people write them, as PostgreSQL takes them, as they are told. Pure but
for the local time zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from vrooli.core.errors import UsageError
from vrooli.stack.postgres.wal.names import is_lsn, lsn_of, position

_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """One.

    Attributes:
        kind: `latest` is all there is.
        time: Unix seconds.
        lsn: position in the WAL.
    """

    kind: Literal["latest", "time", "lsn"]
    time: float = 0.0
    lsn: int = 0

    @property
    def text(self) -> str:
        """As `moment` reads it again, wherever it is read."""
        if self.kind == "time":
            return datetime.fromtimestamp(self.time, UTC).isoformat(sep=" ")
        return lsn_of(self.lsn) if self.kind == "lsn" else "latest"


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a server came that followed WAL.

    Attributes:
        lsn: position, like 0/16B3748.
        last: when the last transaction was committed that is in it, Unix seconds; None where it
            met none.
    """

    lsn: str
    last: float | None = None

    def __str__(self) -> str:
        return f"{told(self.last)}, LSN {self.lsn}" if self.last is not None else f"LSN {self.lsn}"


def moment(text: str, now: float) -> Moment:
    """The one that is meant.

    Args:
        text: `latest`, a position like `0/16B3748`, or a time: local unless it says otherwise;
            without a date the last time that it was so.
        now: Unix seconds.

    Raises:
        UsageError: it is none, or has not come yet.
    """
    if text.strip() == "latest":
        return Moment("latest")
    if is_lsn(text):
        return Moment("lsn", lsn=position(text))
    at = _time(text.strip(), now)
    if at > now:
        raise UsageError(
            f"{told(at)} has not come yet", next_step="write a time in the past, or `latest`"
        )
    return Moment("time", time=at)


def _time(text: str, now: float) -> float:
    try:
        if _CLOCK.fullmatch(text):
            today = datetime.fromtimestamp(now).astimezone()
            padded = f"0{text}" if text[1] == ":" else text
            clock = datetime.fromisoformat(f"2000-01-01 {padded}").time()
            at = datetime.combine(today.date(), clock).astimezone().timestamp()
            return at if at <= now else at - 86_400
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"`{text[:60]}` is no time and no position in the WAL",
            next_step='write it like "2026-11-28 11:52", "2026-11-28T11:52:03+01:00", 0/16B3748, '
            "or latest",
        ) from error


def told(at: float) -> str:
    """A time for people: local, and in UTC where that is another."""
    utc = datetime.fromtimestamp(at, UTC)
    local = utc.astimezone()
    shown = local.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    if not local.utcoffset():
        return f"{shown} UTC"
    return f"{shown} ({utc.strftime('%Y-%m-%d %H:%M:%S.%f')[:-3]} UTC)"

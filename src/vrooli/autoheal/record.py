"""What the history keeps: plain data, made safe for SQLite, JSON and PostgreSQL beforehand.

What the server could not store (NUL characters, half surrogates, NaN, dates beyond 2100) is
replaced here, so that no record has to be set aside later.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_DATA = 64 * 1024
"""Characters of `data` as JSON; a larger one is cut, so that a batch stays postable."""

MAX_NAME = 255
"""Characters of subject, status and boot."""

MAX_AT = 4_102_444_800.0
"""2100-01-01: beyond it a clock is broken, and its rows would never grow old."""


class Kind(StrEnum):
    """What a record tells. Only results may be dropped when the disk cannot take them."""

    RESULT = "result"
    TRANSITION = "transition"
    HEAL = "heal"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened, not yet numbered.

    Attributes:
        kind: what it tells.
        subject: the check or service that it is about.
        status: of a result `ok|warning|critical|unknown`, of a heal its outcome, of a transition
            the new state.
        value: the measured quantity, if any.
        data: JSON-able facts; never a secret.
        at: wall clock, Unix seconds.
    """

    kind: Kind
    subject: str
    status: str = ""
    value: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as it stands in the spool; (host, boot, seq) is unique for ever."""

    seq: int
    boot: str
    at: float
    kind: str
    subject: str
    status: str
    value: float | None
    data: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The shape of the API and of `/api/v1/history`."""
        return {
            "seq": self.seq,
            "boot": self.boot,
            "at": self.at,
            "kind": self.kind,
            "subject": self.subject,
            "status": self.status or None,
            "value": self.value,
            "data": self.data,
        }


Row = tuple[str, float, str, str, str, float | None, str]
"""(boot, at, kind, subject, status, value, data as JSON): what the INSERT takes."""


def to_row(record: Record, boot: str) -> Row:
    """The row of `record`; never raises on odd content, because a lost row would hide a failure."""
    return (
        _text(boot),
        min(MAX_AT, max(0.0, _finite(record.at) or 0.0)),
        str(record.kind),
        _text(record.subject) or "-",
        _text(record.status),
        _finite(record.value),
        dump(record.data),
    )


def to_entry(row: tuple[Any, ...]) -> Entry:
    """Read a row of `SELECT seq, boot, at, kind, subject, status, value, data`."""
    seq, boot, at, kind, subject, status, value, data = row
    return Entry(seq, boot, at, kind, subject, status, value, json.loads(data))


def dump(data: Mapping[str, Any]) -> str:
    """`data` as JSON; what JSON cannot hold (NaN, objects, too much) becomes text that says so."""
    try:
        text = json.dumps(dict(data), separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps({"not_json": repr(data)[:1000]})
    if "\\u0000" in text or "\\ud" in text:
        text = json.dumps(_clean(json.loads(text)), separators=(",", ":"))
    if len(text) > MAX_DATA:
        text = json.dumps({"too_large": len(text), "begins": text[:1000]})
    return text


def _text(value: object) -> str:
    return storable(str(value)[:MAX_NAME])


def storable(text: str) -> str:
    """`text` without what PostgreSQL takes in none."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode("utf-8")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): _clean(part) for key, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list) else value


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None

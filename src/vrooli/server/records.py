"""The batch that a watchdog posts, checked row by row before PostgreSQL sees it.

One row that PostgreSQL cannot store would make every retry of its batch fail for ever, so the
answer names each bad row and the sender can set just these aside.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

MAX_RECORDS = 1000
MAX_NAME = 255
MAX_DATA_BYTES = 64 * 1024
MAX_BIGINT = 2**63 - 1
MAX_AT = 4102444800.0
"""2100-01-01: beyond it a clock is broken, and its rows would never expire."""
MAX_PROBLEMS = 20

NAMED = r"^[^\x00]+$"
"""Of names in records: PostgreSQL takes no NUL."""

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=NAMED)]
Kind = Literal["result", "transition", "heal", "event"]
Posted = TypeVar("Posted", bound=BaseModel)


class Record(BaseModel):
    """One line of a watchdog's spool."""

    model_config = ConfigDict(extra="forbid", strict=True)

    boot: Name
    seq: Annotated[int, Field(ge=0, le=MAX_BIGINT)]
    at: Annotated[float, Field(ge=0, le=MAX_AT, allow_inf_nan=False)]
    kind: Kind
    subject: Name
    status: Name | None = None
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    data: dict[str, JsonValue] = Field(default_factory=dict)


class Batch(BaseModel):
    """Records of one host; rows of several boots may be mixed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    host: Name
    records: Annotated[list[Record], Field(min_length=1, max_length=MAX_RECORDS)]


@dataclass(frozen=True, slots=True)
class Row:
    """A record as PostgreSQL takes it; `data` is JSON text without what jsonb refuses (NUL, NaN,
    infinity).
    """

    boot: str
    seq: int
    at: float
    kind: str
    subject: str
    status: str | None
    value: float | None
    data: str


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch of which every row can be stored."""

    host: str
    rows: tuple[Row, ...]


class BadBatch(Exception):
    """The body cannot be stored as it is.

    Attributes:
        status: 400 when it is no JSON at all, 422 when it is but says something that cannot be.
        problems: up to `MAX_PROBLEMS` times `{record, boot, seq, field, problem}`;
            `record` counts from 0, None means the batch.
    """

    def __init__(self, status: int, message: str, problems: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.problems = problems


def parse_batch(body: bytes) -> CheckedBatch:
    """Bytes of a request to rows, or `BadBatch`. Depth of nesting is bounded by the parser (200
    levels).
    """
    batch = read(Batch, body)
    return CheckedBatch(batch.host, checked(batch.records))


def read(model: type[Posted], body: bytes) -> Posted:
    """Bytes of a request as what a watchdog posts; `BadBatch` when they are none."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _explain(error, body) from error


def checked(records: Sequence[Record]) -> tuple[Row, ...]:
    """The rows of `records`; `BadBatch` when PostgreSQL could not store one of them."""
    problems: list[dict[str, Any]] = []
    rows = [_row(index, record, problems) for index, record in enumerate(records)]
    if problems:
        raise BadBatch(422, "some records cannot be stored", problems[:MAX_PROBLEMS])
    return tuple(row for row in rows if row)


def _row(index: int, record: Record, problems: list[dict[str, Any]]) -> Row | None:
    reason = _unstorable(record.data)
    text = "" if reason else json.dumps(record.data, separators=(",", ":"), ensure_ascii=False)
    if not reason and len(text.encode()) > MAX_DATA_BYTES:
        reason = f"is larger than {MAX_DATA_BYTES} bytes"
    if reason:
        problems.append(_problem(index, record.boot, record.seq, "data", reason))
        return None
    return Row(
        record.boot,
        record.seq,
        record.at,
        record.kind,
        record.subject,
        record.status,
        record.value,
        text,
    )


def _unstorable(value: JsonValue) -> str:
    """Why jsonb would refuse this value; empty when it takes it. The parser bounded its depth."""
    if isinstance(value, str):
        return "holds a NUL character" if "\x00" in value else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "holds a number that is not finite"
    if isinstance(value, dict):
        parts: list[JsonValue] = [*value.keys(), *value.values()]
    elif isinstance(value, list):
        parts = value
    else:
        return ""
    return next((reason for part in parts if (reason := _unstorable(part))), "")


def _explain(error: ValidationError, body: bytes) -> BadBatch:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    if faults[0]["type"] == "json_invalid":
        return BadBatch(400, f"the body is not valid JSON: {faults[0]['msg']}", [])
    known = _identities(body)
    problems = [_locate(fault["loc"], fault["msg"], known) for fault in faults[:MAX_PROBLEMS]]
    return BadBatch(422, "the batch does not have the documented shape", problems)


def _locate(
    location: tuple[int | str, ...], message: str, known: list[tuple[Any, Any]]
) -> dict[str, Any]:
    inside = len(location) > 1 and location[0] == "records" and isinstance(location[1], int)
    if not inside:
        return _problem(None, None, None, ".".join(map(str, location)), message)
    index = int(location[1])
    boot, seq = known[index] if index < len(known) else (None, None)
    return _problem(index, boot, seq, ".".join(map(str, location[2:])), message)


def _identities(body: bytes) -> list[tuple[Any, Any]]:
    """What the sender called its rows, as far as it can be read; only scalars are repeated, and
    only briefly.
    """
    document = json.loads(body)
    records = document.get("records") if isinstance(document, dict) else None
    if not isinstance(records, list):
        return []
    return [
        (_brief(r.get("boot")), _brief(r.get("seq"))) if isinstance(r, dict) else (None, None)
        for r in records
    ]


def _brief(value: Any) -> str | int | None:
    if isinstance(value, str):
        return value[:MAX_NAME]
    return value if isinstance(value, int) else None


def _problem(index: int | None, boot: Any, seq: Any, field: str, problem: str) -> dict[str, Any]:
    return {"record": index, "boot": boot, "seq": seq, "field": field, "problem": problem}

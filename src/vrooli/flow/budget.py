"""What a run may spend, with all that it starts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vrooli.core.errors import UsageError, VrooliError
from vrooli.flow.entries import Failure

MICROS = 1_000_000
"""Of a US dollar."""

STOP, PAUSE = "stop", "pause"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "cost": {
            "type": "number",
            "minimum": 0,
            "maximum": 1_000_000,
            "description": "US dollars, to the millionth",
        },
        "tokens": {
            "type": "integer",
            "minimum": 0,
            "maximum": 10**12,
            "description": "of models, in and out together",
        },
        "steps": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10**9,
            "description": "attempts of steps",
        },
        "time": {
            "type": "number",
            "minimum": 1,
            "maximum": 366 * 86_400,
            "description": "seconds from the request to the end; without those between an end and "
            "a retry",
        },
        "on_limit": {
            "enum": [STOP, PAUSE],
            "default": STOP,
            "description": "the run fails with the kind `budget`, or pauses; also at limits above "
            "it, where it is said alone",
        },
    },
}
"""JSON Schema of a budget as people write it."""

KINDS = ("cost", "tokens", "steps", "time")


class BadBudget(UsageError):
    """A budget that cannot be.

    Attributes:
        mistakes: key, and what is wrong with it.
    """

    def __init__(self, mistakes: Sequence[tuple[str, str]]) -> None:
        said = "; ".join(f"{key}: {reason}" if key else reason for key, reason in mistakes)
        advice = "correct it; without a key there is no limit of that kind"
        super().__init__(said, where="budget", next_step=advice)
        self.mistakes = mistakes


class OverBudget(VrooliError):
    """A run may not go on as it is: a limit is reached.

    Args:
        what: see the base.
        where: names the limit: see `place_of`.
        until: unix seconds from which on there is another one; None when that is never.
    """

    def __init__(self, what: str, *, where: str = "", until: float | None = None) -> None:
        super().__init__(what, where=where)
        self.until = until

    @property
    def failure(self) -> Failure:
        """Of the run, where it does not pause."""
        return Failure("budget", self.what, self.where)


def place_of(kind: str) -> str:
    """Where what fails at the limit of this kind says that it did, like `budget.steps`."""
    return f"budget.{kind}"


def limit_of(place: str) -> str:
    """The kind of limit at such a place."""
    return place.removeprefix("budget.")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run. None limits nothing.

    Attributes:
        micros: millionths of a US dollar.
        tokens: in and out together.
        steps: attempts of steps.
        seconds: from the request to the end, without those between an end and a retry.
        on_limit: `stop` or `pause`; None when nothing is said.
    """

    micros: int | None = None
    tokens: int | None = None
    steps: int | None = None
    seconds: float | None = None
    on_limit: str | None = None

    def instead_of(self, other: "Limits") -> "Limits":
        """These where something is said, the `other` elsewhere."""
        pairs = zip(self.columns, other.columns, strict=True)
        return Limits(*(theirs if own is None else own for own, theirs in pairs))

    @property
    def columns(self) -> tuple[Any, ...]:
        """All of it, in the order of the attributes."""
        return self.micros, self.tokens, self.steps, self.seconds, self.on_limit

    @property
    def said(self) -> bool:
        """Whether anything is limited."""
        return any(one is not None for one in self.columns[:4])

    @property
    def ledger(self) -> tuple[Any, ...]:
        """Columns of the ledger. What happens at a limit may be said alone: it holds at those of
        runs above and of the owner's month.
        """
        return (*self.columns[:4], self.on_limit or (STOP if self.said else None))


def mistakes(data: Any) -> list[tuple[str, str]]:
    """What is wrong with a budget as people write it: the key, or nothing, and the reason."""
    if not isinstance(data, dict):
        return [("", f"expected {', '.join(KINDS)}, on_limit")]
    return [said for key, value in data.items() if (said := _mistake(str(key), value))]


def _mistake(key: str, value: Any) -> tuple[str, str] | None:
    rule = SCHEMA["properties"].get(key)
    if rule is None:
        return key, f"no such key; there are {', '.join(SCHEMA['properties'])}"
    if "enum" in rule:
        return None if value in rule["enum"] else (key, f"expected {' or '.join(rule['enum'])}")
    least, most, whole = rule["minimum"], rule["maximum"], rule["type"] == "integer"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and least <= value <= most and (not whole or value == int(value)):
        return None
    return key, f"expected a {'whole ' if whole else ''}number from {least} to {most}"


def limits(data: Any) -> Limits:
    """Of a budget as people write it; None is none.

    Raises:
        BadBudget: what is wrong with it.
    """
    if data is None:
        return Limits()
    if found := mistakes(data):
        raise BadBudget(found[:20])
    cost, tokens, steps = data.get("cost"), data.get("tokens"), data.get("steps")
    return Limits(
        micros=None if cost is None else int(Decimal(str(cost)) * MICROS),
        tokens=None if tokens is None else int(tokens),
        steps=None if steps is None else int(steps),
        seconds=None if data.get("time") is None else float(data["time"]),
        on_limit=data.get("on_limit"),
    )


def standing(
    row: Mapping[str, Any] | None,
    steps: int,
    began: float,
    now: float,
    *,
    rests: bool = False,
    due: float | None = None,
) -> dict[str, Any]:
    """How a run stands, as clients see it: `limit`, `spent`, `reserved` and `forecast` of each
    kind, in US dollars, tokens, attempts and seconds.

    Args:
        row: of the ledger, which need not be there.
        steps: attempts so far.
        began: unix seconds of the request.
        now: unix seconds, or when it ended.
        rests: whether nothing is under way: then time alone goes on.
        due: see `idle`.
    """
    row = row or {}
    took = max(0.0, now - began - idle(row.get("seconds_limit"), due))
    found = {
        "cost": line_of(row, "micros", 1 / MICROS),
        "tokens": line_of(row, "tokens", 1),
        "steps": {"limit": row.get("steps_limit"), "spent": steps, "reserved": 0},
        "time": {"limit": row.get("seconds_limit"), "spent": round(took, 3), "reserved": 0},
    }
    goes_on = ("time",) if rests else tuple(found)
    lines = {
        kind: {**line, "forecast": forecast(line, took, now) if kind in goes_on else None}
        for kind, line in found.items()
    }
    # Of requests whose price nobody knew the cost is missing.
    return {**lines, "on_limit": row.get("on_limit"), "unpriced": row.get("unpriced", 0)}


def idle(limit: float | None, due: float | None) -> float:
    """Seconds for which a run had ended before somebody had it tried again: its deadline comes
    later by them.

    Args:
        limit: of its time; None for none.
        due: seconds from the request to its deadline, which may be that of a run above it.
    """
    return 0.0 if limit is None or due is None else max(0.0, due - limit)


def line_of(row: Mapping[str, Any], name: str, unit: float) -> dict[str, Any]:
    """`limit`, `spent` and `reserved` of a row of the ledger, as clients see them."""
    columns = {"limit": f"{name}_limit", "spent": f"{name}_spent", "reserved": f"{name}_reserved"}
    values = {
        key: row.get(column, None if key == "limit" else 0) for key, column in columns.items()
    }
    if unit == 1:
        return values
    return {key: one if one is None else round(one * unit, 6) for key, one in values.items()}


def enough(used: float, most: float, asked: float) -> float:
    """A limit with which a run may go on for as long again, and at least with what was refused.

    Args:
        used: spent or set aside.
        most: the limit.
        asked: what was refused.
    """
    return used + max(most, asked, 1)


def forecast(line: Mapping[str, Any], took: float, now: float) -> float | None:
    """Unix seconds at which the limit is reached if it goes on as so far."""
    spent, limit = line["spent"], line["limit"]
    if limit is None or spent <= 0 or took <= 0:
        return None
    return float(now + max(0.0, limit - spent) * took / spent)

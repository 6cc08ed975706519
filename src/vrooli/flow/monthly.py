"""What the runs of somebody may spend in a calendar month. Months are those of UTC. Pure."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from vrooli.flow.budget import MICROS, forecast, line_of, place_of

KINDS = ("cost", "tokens")
_MONTH = "month."


def month_of(wall: float) -> str:
    """Which month it is, like `2026-11`.

    Args:
        wall: unix seconds.
    """
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m")


def begins(month: str) -> float:
    """Unix seconds of its first moment."""
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).timestamp()


def ends(month: str) -> float:
    """Unix seconds of the first moment of the next one."""
    return begins(_next(month))


def of_owner(owner: str, month: date) -> str:
    """Names the budget where something is refused for it, and says when there is another one."""
    name = f"{month:%Y-%m}"
    return f"budget of {owner} for {name} (until {_next(name)}-01 00:00 UTC)"


def place_in_month(kind: str) -> str:
    """See `place_of`; of the budget of a month."""
    return place_of(f"{_MONTH}{kind}")


def kind_in_month(kind: str) -> str:
    """The kind of limit in the budget of a month; empty where `kind` is one of a run."""
    return kind.removeprefix(_MONTH) if kind.startswith(_MONTH) else ""


def standing(row: Mapping[str, Any], now: float) -> dict[str, Any]:
    """How somebody stands this month, as clients see it: `limit`, `spent`, `reserved` and
    `forecast` of `cost` (US dollars) and `tokens`.

    Args:
        row: of the limits and of the ledger of the month.
        now: unix seconds.
    """
    month = month_of(now)
    since = now - begins(month)
    found = {"cost": line_of(row, "micros", 1 / MICROS), "tokens": line_of(row, "tokens", 1)}
    lines = {kind: {**line, "forecast": forecast(line, since, now)} for kind, line in found.items()}
    return {"owner": row["owner"], "month": month, "ends_at": ends(month), **lines}


def enough_in_month(used: float, most: float, asked: float) -> int:
    """A limit with room for what was refused, rounded up to two digits: of a month one gives no
    more away than is needed. Never less than the present one.

    Args:
        used: spent or set aside.
        most: the limit.
        asked: what was refused; 0 when that is not known.
    """
    needed = math.ceil(max(used + max(asked, 1), most + 1))
    step = int(10 ** max(0, len(str(needed)) - 2))
    return -(-needed // step) * step


def _next(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"

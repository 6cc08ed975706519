"""How this host is, as the fleet's server is told. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from vrooli.autoheal.record import MAX_NAME, storable
from vrooli.core.status import Status

MOST = 10
"""Problems of one report; what is less bad is left out first."""

LONGEST = 200
"""Characters of one message."""

_ORDER = (Status.CRITICAL, Status.WARNING, Status.UNKNOWN)


def picture(verdict: Status, problems: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """`{status, problems}`, within the bounds of the server."""
    worst_first = sorted(problems, key=lambda one: _ORDER.index(Status(one["status"])))
    return {"status": str(verdict), "problems": [_brief(one) for one in worst_first[:MOST]]}


def _brief(problem: Mapping[str, str]) -> dict[str, str]:
    first = (problem["message"].splitlines() or [""])[0]
    return {
        "name": storable(problem["name"][:MAX_NAME]),
        "status": problem["status"],
        "message": storable(first[:LONGEST]),
    }

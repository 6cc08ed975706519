"""The name that its probe asks for cannot be resolved: then the look says nothing about it.

Only that name counts. What else a service may have to resolve nobody knows, and a guess (the URLs
in its environment) would keep it down for one that it never needed.
"""

from vrooli.autoheal.gate import Around, Gate
from vrooli.autoheal.tracker import Tracked


def _judge(tracked: Tracked, _: str, __: Around) -> str:
    result = tracked.result
    name = result.details.get("unresolved") if result is not None else None
    if not name:
        return ""
    return f"its probe cannot resolve the name {name}, which no restart of it mends"


GATE = Gate(
    id="names",
    when="the host name that its probe asks for cannot be resolved",
    judge=_judge,
)

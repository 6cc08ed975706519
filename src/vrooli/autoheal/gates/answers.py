"""It answers and refuses us: it is not hung."""

from vrooli.autoheal.gate import Around, Gate
from vrooli.autoheal.tracker import Tracked


def _judge(tracked: Tracked, _: str, __: Around) -> str:
    result = tracked.result
    if result is not None and result.details.get("answered"):
        return f"it answers, so a restart would not help: {result.message}"
    return ""


GATE = Gate(
    id="answers",
    when="it answers and refuses us, as for a wrong password",
    judge=_judge,
)

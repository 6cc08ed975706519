"""What can be asked of approvals: see them, decide them."""

from typing import Any

from vrooli.core.errors import Refused
from vrooli.execution.approvals.store import ApprovalStore, Decision
from vrooli.execution.approvals.views import ApprovalViews
from vrooli.execution.runs.engine import Engine


class Approvals:
    """For the API of one process, which goes on with the run while it has room."""

    def __init__(self, store: ApprovalStore, views: ApprovalViews, engine: Engine) -> None:
        self._store, self._engine = store, engine
        self.views = views

    async def decide(self, approval: str, decision: Decision) -> dict[str, Any]:
        """The approval, decided. Its run goes on at once.

        Raises:
            UnknownName: there is no such approval.
            Refused: it was decided before, is about something else, came too late, or its run has
                ended.
        """
        run = await self._store.decide(approval, decision)
        found = await self.views.get(approval)
        if run is None:
            raise _refused(found, decision)
        self._engine.stir(run)
        await self._engine.wake(run)
        return found


def _refused(found: dict[str, Any], decision: Decision) -> Refused:
    where = f"{found['run']} {found['path']}"
    if found["status"] in ("approved", "rejected"):
        return Refused(
            f"{found['decided_by']} has {found['status']} it already",
            where=where,
            next_step="`vrooli run show` tells how the run goes on",
        )
    if found["status"] == "void":
        return Refused(
            "its run has ended",
            where=where,
            next_step="`vrooli run retry` goes on with a run that failed",
        )
    if found["hash"] != decision.hash:
        what = f"what is asked for has the hash {found['hash']}, not {decision.hash}"
        return Refused(what, where=where, next_step="look at it again before you decide")
    return Refused(
        "the time to decide is over",
        where=where,
        next_step="`vrooli run show` tells how the run goes on",
    )

"""What can be asked of approvals: see them, decide them, hand them on."""

from typing import Any

from vrooli.core.errors import Refused
from vrooli.execution.approvals.delegating import Asked, hand_on
from vrooli.execution.approvals.store import ApprovalStore, Decision, Delegation
from vrooli.execution.approvals.views import ApprovalViews, unknown_approval
from vrooli.execution.runs.engine import Engine


class Approvals:
    """For the API of one process, which goes on with the run while it has room."""

    def __init__(self, store: ApprovalStore, views: ApprovalViews, engine: Engine) -> None:
        self._store, self._engine = store, engine
        self.views = views

    async def decide(self, approval: str, decision: Decision) -> dict[str, Any]:
        """The approval, decided. Its run goes on at once.

        Raises:
            UnknownName: there is no such approval, or it is not asked of whoever decides.
            Refused: it was decided before, is about something else, came too late, or its run has
                ended.
        """
        run = await self._store.decide(approval, decision)
        found = await self.views.get(approval)
        if run is None:
            if decision.only not in ("", found["created_by"], *found["delegates"]):
                raise unknown_approval(approval)  # taken back at this moment
            raise _refused(found, decision.hash)
        self._engine.stir(run)
        await self._engine.wake(run)
        return found

    async def delegate(self, approval: str, said: Delegation) -> dict[str, Any]:
        """The approval, asked of another. Nothing else changes: neither its time nor its run.

        Raises:
            UnknownName: there is no such approval, or it is not asked of whoever hands it on.
            Refused: it is decided, came too late, or its run has ended; it is asked of that one
                already, or was handed on too often.
        """
        found = await self.views.get(approval)
        while found["status"] == "pending":
            moves = found["delegations"]
            handed = sum(not move["back"] for move in moves)
            asked = Asked(found["created_by"], found["delegates"], handed)
            move = hand_on(asked, said.by, said.to, everything=said.everything)
            if move is None:
                raise unknown_approval(approval)
            done = await self._store.delegate(approval, len(moves), move, said)
            found = await self.views.get(approval)
            if done:
                return found
            if len(found["delegations"]) == len(moves):
                break  # nobody was before us: it is too late
        raise _refused(found, found["hash"])


def _refused(found: dict[str, Any], hash: str) -> Refused:
    where = f"{found['run']} {found['path']}"
    look = f"`vrooli run show {found['run']}` tells how the run goes on"
    if found["status"] in ("approved", "rejected"):
        return Refused(
            f"{found['decided_by']} has {found['status']} it already",
            where=where,
            next_step=look,
        )
    if found["status"] == "void":
        return Refused(
            "its run has ended",
            where=where,
            next_step=f"`vrooli run retry {found['run']}` goes on with a run that failed",
        )
    if found["hash"] != hash:
        what = f"what is asked for has the hash {found['hash']}, not {hash}"
        return Refused(what, where=where, next_step="look at it again before you decide")
    return Refused(
        "the time to decide is over",
        where=where,
        next_step=look,
    )

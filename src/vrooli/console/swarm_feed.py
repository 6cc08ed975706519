"""What happens in a swarm, heard and read like the run that it is."""

from collections.abc import Mapping
from typing import Any

from vrooli.console.parts.run_journal import Steps
from vrooli.console.parts.run_seen import below_of
from vrooli.console.run_feed import APPROVALS, BELOW, RunFeed, RunSeen


class SwarmFeed(RunFeed):
    """One swarm, as one person may see it."""

    def now(self) -> RunSeen:
        """How it stands, and what its tasks may not do unasked; blocks."""
        work, run = self.acting.swarms, self.run
        found = work.swarm(run)
        swarm = found.pop("swarm")
        asked = asked_runs(swarm)[:APPROVALS]
        approvals = [
            one
            for task in asked
            for one in work.approvals(run=task, status="pending", limit=1)["approvals"]
        ]
        why = work.why_swarm(run)
        below = tuple(below_of(one) for one in work.runs(parent=run, limit=BELOW)["runs"])
        return RunSeen(found, why, Steps(), below, approvals=tuple(approvals), swarm=swarm)


def asked_runs(swarm: Mapping[str, Any] | None) -> list[str]:
    """The runs that ask whether a task may be done. Pure."""
    tasks = swarm["plan"]["tasks"] if swarm else ()
    return [str(one["run"]) for one in tasks if one["status"] == "asked" and one["run"]]

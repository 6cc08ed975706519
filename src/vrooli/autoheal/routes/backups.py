"""The route about backups: what can be gone back to, and what was tried. Reading only; a backup is
taken by its job, and a restore is an operation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.asking import asks, limit
from vrooli.autoheal.backup_plan import RestorePlans, Wanted
from vrooli.autoheal.backup_view import told
from vrooli.autoheal.backups import BackupRecord
from vrooli.autoheal.board import Board
from vrooli.core.ports.clock import Clock

JOBS = "backup"
"""Jobs of this name, or that begin with it and a `-`, work at backups."""


@dataclass(frozen=True)
class Backups:
    """What this route works with.

    Attributes:
        record: what is known of them.
        board: the services.
        jobs: rows of all jobs.
        checks: rows of all checks.
        plans: what going back would do.
    """

    record: BackupRecord
    board: Board
    jobs: Callable[[], list[dict[str, Any]]]
    checks: Callable[[], list[dict[str, Any]]]
    clock: Clock
    plans: RestorePlans

    def routes(self) -> list[Route]:
        """See the base."""
        return [Route("/backups", self.backups), Route("/backups/plan", self.plan)]

    @asks("limit", "before")
    async def backups(self, request: Request) -> Response:
        """`{at, enabled, trouble, working[], wal[], services[], points[], next, count, failures[],
        failed, stores[], drills[], jobs[], checks[]}`: what can be gone back to, what was tried,
        what works at it now and what is due next; newest first, from the record of this host.
        `working`: `{what, pid, seconds, of, bytes_done, bytes_total}`, 0 where nobody knows.
        `stores` say how many points each has and lacks, since it was last written to. `trouble`
        says why all that may be old. Query: `limit` of points (100, at most 500), `before` (`next`
        of the page before).
        """
        size = limit(request, 100, 500)
        before = request.query_params.get("before", "")
        known, settings = await self.record.look(), self.board.supervisor.stack.backup
        return JSONResponse(
            {
                "at": self.clock.wall(),
                "enabled": settings.enabled,
                **told(known, settings.objectives, size, before, self._stores()),
                "jobs": [row for row in self.jobs() if _is_ours(str(row["name"]))],
                "checks": [row for row in self.checks() if _is_ours(str(row["id"]))],
            }
        )

    def _stores(self) -> dict[str, str]:
        """The address of each by its name."""
        supervisor = self.board.supervisor
        here = f"file://{supervisor.context.tools.place.home.root / 'backups'}"
        found = supervisor.stack.backup.stores
        return {name: one.url for name, one in found.items()} or {"here": here}

    @asks("point", "to", "services")
    async def plan(self, request: Request) -> Response:
        """`{parts[], notes[]}`: what it would do to go back, part by part, in the order in which it
        is to be done. Each: `{service, source, point, taken, outcome, why, where, plain, since,
        seconds, steps[], stops[], refused, order}`: `since`, what was committed after it is not in
        it; `stops`, down meanwhile; `order`, the `options` of the operation `upgrade` that does it,
        null where `vrooli restore` alone can; `refused`, `{message, next_step}`, why it cannot be
        done now. Query: `point` (else the newest good one of each, and all WAL that was received),
        `to` (a moment, as of `vrooli restore --to`), `services` (comma between them; else all). Of
        what is wrong `where` names the one that is.
        """
        said = request.query_params
        names = tuple(name for name in said.get("services", "").split(",") if name)
        wanted = Wanted(said.get("point", ""), said.get("to", ""), names)
        return JSONResponse(await self.plans.plan(wanted))


def _is_ours(name: str) -> bool:
    return name == JOBS or name.startswith(f"{JOBS}-")


GROUP = Backups

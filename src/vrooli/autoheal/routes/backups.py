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
from vrooli.autoheal.backup_view import told
from vrooli.autoheal.backups import BackupRecord
from vrooli.core.ports.clock import Clock
from vrooli.stack.model import Stack

JOBS = "backup"
"""Jobs of this name, or that begin with it and a `-`, work at backups."""


@dataclass(frozen=True)
class Backups:
    """What this route works with.

    Attributes:
        record: what is known of them.
        stack: what is declared now.
        jobs: rows of all jobs.
        checks: rows of all checks.
    """

    record: BackupRecord
    stack: Callable[[], Stack]
    jobs: Callable[[], list[dict[str, Any]]]
    checks: Callable[[], list[dict[str, Any]]]
    clock: Clock

    def routes(self) -> list[Route]:
        """See the base."""
        return [Route("/backups", self.backups)]

    @asks("limit", "before")
    async def backups(self, request: Request) -> Response:
        """`{at, enabled, trouble, working[], services[], points[], next, count, failures[], failed,
        drills[], jobs[], checks[]}`: what can be gone back to, what was tried, what works at it
        now and what is due next; newest first, from the record of this host. `trouble` says why
        that may be old. Query: `limit` of points (100, at most 500), `before` (`next` of the page
        before).
        """
        size = limit(request, 100, 500)
        before = request.query_params.get("before", "")
        known, settings = await self.record.look(), self.stack().backup
        return JSONResponse(
            {
                "at": self.clock.wall(),
                "enabled": settings.enabled,
                **told(known, settings.objectives, size, before),
                "jobs": [row for row in self.jobs() if _is_ours(str(row["name"]))],
                "checks": [row for row in self.checks() if _is_ours(str(row["id"]))],
            }
        )


def _is_ours(name: str) -> bool:
    return name == JOBS or name.startswith(f"{JOBS}-")


GROUP = Backups

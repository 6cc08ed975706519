"""The routes about backups: what can be gone back to, what was tried, and putting files back. A
backup is taken by its job, and a restore of a resource is an operation.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.asking import actor, asks, limit, takes
from vrooli.autoheal.backup_plan import RestorePlans, Wanted
from vrooli.autoheal.backup_view import told
from vrooli.autoheal.backups import BackupRecord
from vrooli.autoheal.board import Board
from vrooli.autoheal.files_restoring import FilesRestores, FilesWish
from vrooli.autoheal.operations import Summary
from vrooli.autoheal.streamed import streamed
from vrooli.core.ports.clock import Clock
from vrooli.stack.progress import Report

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
        files: puts them back.
        spawn: runs work that outlives the request.
    """

    record: BackupRecord
    board: Board
    jobs: Callable[[], list[dict[str, Any]]]
    checks: Callable[[], list[dict[str, Any]]]
    clock: Clock
    plans: RestorePlans
    files: FilesRestores
    spawn: Callable[[Coroutine[Any, Any, None]], object]

    def routes(self) -> list[Route]:
        """See the base."""
        return [
            Route("/backups", self.backups),
            Route("/backups/plan", self.plan),
            Route("/backups/files", self.put_back, methods=["POST"]),
        ]

    @asks("limit", "before")
    async def backups(self, request: Request) -> Response:
        """`{at, enabled, trouble, working[], wal[], services[], points[], next, count, failures[],
        failed, stores[], drills[], restored[], jobs[], checks[]}`: what can be gone back to, what
        was tried, what works at it now and what is due next; newest first, from the record of this
        host. `working`: `{what, pid, seconds, of, bytes_done, bytes_total}`, 0 where nobody knows.
        `stores` say how many points each has and lacks, since it was last written to. `trouble`
        says why all that may be old. `restored` is the last restore of each of the files, `{name,
        point, at, state, moved[], count}`, with `{path, kept}` of what it moved aside, at most 20
        of `count`. Query: `limit` of points (100, at most 500), `before` (`next` of the page
        before).
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
        null where `vrooli restore` alone can, and of files, which `POST /backups/files` puts back;
        `files`, of these alone, `{differs, whole, shown[]}`: how many differ from what the point
        has (`changed`, `missing`, `new`, `unread`), whether all were compared, since time is short,
        and the first as `vrooli restore --dry-run` shows them; `refused`, `{message, next_step}`,
        why it cannot be done now. Query: `point` (else the newest good one of each, and all WAL
        that was received), `to` (a moment, as of `vrooli restore --to`), `services` (comma between
        them; else all). Of what is wrong `where` names the one that is.
        """
        said = request.query_params
        names = tuple(name for name in said.get("services", "").split(",") if name)
        wanted = Wanted(said.get("point", ""), said.get("to", ""), names)
        return JSONResponse(await self.plans.plan(wanted))

    @takes(FilesWish)
    async def put_back(self, request: Request, asked: FilesWish) -> Response:
        """`{name, point, confirm}`: have what a restore point has of files where they were; what is
        there is moved aside, and nothing is removed. `{name, undo, confirm}`: as they were before
        the last restore of them, or after it when that was undone. `confirm` is the name once more.
        Progress comes as that of `POST /operations`, and it goes on when the caller leaves.
        """
        asked.require_meant()
        who = actor(request)

        async def work(report: Report) -> Summary:
            return await self.files.run(asked, report, who)

        return streamed(self.spawn, work)


def _is_ours(name: str) -> bool:
    return name == JOBS or name.startswith(f"{JOBS}-")


GROUP = Backups

"""The watchdog's API, put together and served."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vrooli import __version__
from vrooli.autoheal.archive import Archive
from vrooli.autoheal.backup_metrics import BackupCollector
from vrooli.autoheal.backups import BackupRecord
from vrooli.autoheal.byhand import ByHand
from vrooli.autoheal.events import Events
from vrooli.autoheal.history import History
from vrooli.autoheal.jobs.jobs import Jobs
from vrooli.autoheal.loop import Loop, Parts
from vrooli.autoheal.metrics import BoardCollector, prometheus_text
from vrooli.autoheal.plan import Planner
from vrooli.autoheal.routes.about import About
from vrooli.autoheal.routes.actions import Actions
from vrooli.autoheal.routes.backups import Backups
from vrooli.autoheal.routes.boot import Boot
from vrooli.autoheal.routes.heartbeats import Heartbeats
from vrooli.autoheal.routes.history import Past
from vrooli.autoheal.routes.jobs import JobRoutes
from vrooli.autoheal.routes.judgement import Judgement
from vrooli.autoheal.routes.logs import Logs
from vrooli.autoheal.routes.services import Services
from vrooli.autoheal.routes.stack import StackRoute
from vrooli.autoheal.status import StatusView
from vrooli.autoheal.web import RouteGroup, Tokens, build_app
from vrooli.core.address import HostPort
from vrooli.core.home import Home
from vrooli.host.readfiles import LocalFiles
from vrooli.main.watchdog_backups import files_restores, restore_plans
from vrooli.main.watchdog_chores import Chores
from vrooli.main.watchdog_door import Door
from vrooli.main.watchdog_notify import Notifications
from vrooli.main.watchdog_socket import UnixDoor
from vrooli.notify.metrics import NotificationCollector
from vrooli.stack.compiled import read_compiled
from vrooli.stack.diff import difference


@dataclass(frozen=True)
class ApiParts:
    """What the API is made of."""

    home: Home
    parts: Parts
    events: Events
    loop: Loop
    chores: Chores
    notifications: Notifications
    tokens: Tokens
    history: History
    jobs: Jobs


async def serve_api(made_of: ApiParts) -> None:
    """Serve until cancelled: on the unix socket always, on the TCP port when it can be had."""
    board = made_of.parts.board
    groups = [*_groups(made_of, lambda: door.move()), _about(made_of, lambda: door.at)]
    app = build_app(groups, made_of.tokens)
    door = Door(app, lambda: board.supervisor.stack.autoheal)
    door.move()
    made_of.chores.also(door)
    async with asyncio.TaskGroup() as group:
        group.create_task(UnixDoor(app, made_of.home.watchdog_socket).run())
        group.create_task(door.run())


def _groups(made_of: ApiParts, moved: Callable[[], None]) -> list[RouteGroup]:
    """Every group of routes, each with its parts. `moved` is called when the settings changed."""
    parts = made_of.parts
    planner = Planner(parts.board, parts.situations, parts.clock)
    by_hand = ByHand(parts.board, parts.reactor, parts.host_checker, parts.host_healing)
    record = BackupRecord(made_of.home, LocalFiles(), parts.clock)
    view = _view(made_of)
    return [
        _services(made_of, view, record, moved),
        Backups(
            record,
            parts.board,
            made_of.jobs.rows,
            view.checks,
            parts.clock,
            restore_plans(made_of.home, parts.board, record),
            files_restores(parts.board, parts.ledger),
            parts.reactor.spawn,
        ),
        Judgement(planner, parts.restraints, parts.ledger, parts.reactor.reconsider),
        Actions(by_hand),
        Logs(parts.board),
        Heartbeats(made_of.chores.beats, lambda: parts.board.supervisor.stack),
        _past(made_of),
        made_of.notifications.routes(),
        Boot(made_of.chores.boot.protection),
        JobRoutes(made_of.jobs),
        StackRoute(parts.board),
    ]


def _about(made_of: ApiParts, at: Callable[[], HostPort | None]) -> About:
    def listens() -> list[str]:
        tcp = at()
        socket = f"unix:{made_of.home.watchdog_socket}"
        return [socket] if tcp is None else [f"http://{tcp}", socket]

    itself = made_of.chores.itself
    return About(__version__, itself, listens, made_of.history, made_of.home.logs)


def _past(made_of: ApiParts) -> Past:
    parts = made_of.parts
    return Past(Archive(made_of.history, parts.board, parts.clock), parts.clock)


def _view(made_of: ApiParts) -> StatusView:
    parts = made_of.parts
    return StatusView(parts.board, parts.clock, made_of.chores.itself, parts.restraints.held_back)


def _services(
    made_of: ApiParts, view: StatusView, record: BackupRecord, moved: Callable[[], None]
) -> Services:
    parts, chores = made_of.parts, made_of.chores
    board = BoardCollector(parts.board, parts.lag, parts.clock)
    notifications = NotificationCollector(made_of.notifications.postbox)
    backups = BackupCollector(
        lambda: record.known, lambda: parts.board.supervisor.stack.backup.objectives, parts.clock
    )

    async def metrics() -> bytes:
        await record.look()
        return prometheus_text(board, notifications, backups)

    async def reload() -> dict[str, Any]:
        old, new = parts.board.supervisor.stack, read_compiled(made_of.home.stack_json)
        change = difference(old, new)
        stopped = await made_of.loop.replace(new) if change else []
        if change:
            await made_of.jobs.replace(new)
            moved()
        return {"changed": bool(change), "stopped": stopped}

    return Services(
        view=view,
        ledger=parts.ledger,
        archive=Archive(made_of.history, parts.board, parts.clock),
        operations=parts.operations,
        events=made_of.events,
        tick=made_of.loop.look_at_everything,
        reload=reload,
        itself=chores.itself,
        metrics=metrics,
        spawn=parts.reactor.spawn,
    )

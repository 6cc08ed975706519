"""The watchdog's API, put together and served."""

import asyncio
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.events import Events
from vrooli.autoheal.loop import Loop, Parts
from vrooli.autoheal.metrics import BoardCollector, prometheus_text
from vrooli.autoheal.plan import Planner
from vrooli.autoheal.routes.judgement import Judgement
from vrooli.autoheal.routes.services import Services
from vrooli.autoheal.status import StatusView
from vrooli.autoheal.web import RouteGroup, build_app
from vrooli.core.home import Home
from vrooli.main.api_server import listen_tcp, listen_unix, quiet_server
from vrooli.main.watchdog_chores import Chores
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
    token: str


async def serve_api(made_of: ApiParts) -> None:
    """Serve until cancelled."""
    settings = made_of.parts.board.supervisor.stack.autoheal
    sockets = [listen_unix(made_of.home.watchdog_socket)]
    tcp = listen_tcp(settings.host, settings.port)
    made_of.chores.port_taken = tcp is None
    if tcp is not None:
        sockets.append(tcp)
    server = quiet_server(build_app(_groups(made_of), made_of.token))
    try:
        await server.serve(sockets=sockets)
    except asyncio.CancelledError:
        server.should_exit = True
        raise
    finally:
        for listener in sockets:
            listener.close()


def _groups(made_of: ApiParts) -> list[RouteGroup]:
    """Every group of routes, each with its parts."""
    parts = made_of.parts
    planner = Planner(parts.board, parts.situations, parts.clock)
    return [_services(made_of), Judgement(planner, parts.restraints)]


def _services(made_of: ApiParts) -> Services:
    parts, chores = made_of.parts, made_of.chores
    collector = BoardCollector(parts.board, parts.lag, parts.clock)

    async def reload() -> dict[str, Any]:
        old, new = parts.board.supervisor.stack, read_compiled(made_of.home.stack_json)
        change = difference(old, new)
        stopped = await made_of.loop.replace(new) if change else []
        return {"changed": bool(change), "stopped": stopped}

    return Services(
        view=StatusView(parts.board, parts.clock, chores.itself),
        ledger=parts.ledger,
        operations=parts.operations,
        events=made_of.events,
        tick=made_of.loop.look_at_everything,
        reload=reload,
        itself=chores.itself,
        metrics=lambda: prometheus_text(collector),
        spawn=parts.reactor.spawn,
    )

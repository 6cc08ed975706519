"""How the watchdog posts to the server of a fleet."""

from functools import partial
from typing import Any

from vrooli.autoheal.board import Board
from vrooli.autoheal.fleet.picture import picture
from vrooli.autoheal.fleet.poster import Poster
from vrooli.autoheal.fleet.recipient import FleetServer
from vrooli.autoheal.history import History
from vrooli.autoheal.status import StatusView
from vrooli.core.machine import Machine
from vrooli.core.ports.clock import Clock
from vrooli.main.places import home_id
from vrooli.stack.aside import Aside
from vrooli.stack.model import FleetSettings


def poster_for(board: Board, history: History, machine: Machine, clock: Clock) -> Poster:
    """That of this watchdog; it posts nothing before it runs."""
    supervisor = board.supervisor
    view = StatusView(board, clock, dict)

    def settings() -> FleetSettings:
        return supervisor.stack.fleet

    def look() -> dict[str, Any]:
        return picture(view.verdict(), view.open_problems())

    recipient = partial(
        FleetServer,
        in_force=settings,
        tools=supervisor.context.tools,
        who={"host": machine.host_id, "stack": supervisor.stack.name},
        home=partial(home_id, supervisor.context.tools.place.home),
        look=look,
        aside=Aside(),
    )
    return Poster(history, settings, recipient, clock)

"""What going back to a restore point would do. It only looks: nothing is fetched."""

from typing import Any

from vrooli.autoheal.board import Board
from vrooli.core.errors import UnknownName, UsageError
from vrooli.stack.backup_ledger import BackupLedger, Taken
from vrooli.stack.upgrading import Wish, around, upgrade_of


async def restore_plan(
    board: Board, ledger: BackupLedger, point: str, service: str
) -> dict[str, Any]:
    """`{point, service, room, archives, steps[], stops[], outcome, why, begun}`.

    Args:
        board: the services.
        ledger: what is known of points.
        point: id of one.
        service: which part of it; may be empty where there is only one.

    Raises:
        UnknownName: there is no such point.
        UsageError: it has nothing of that service, or that cannot be restored by the watchdog.
        Refused: it cannot be done now, with every reason.
    """
    found = _point(ledger, point)
    name = _service(found, service)
    if name not in board.supervisor.stack.services:
        raise UsageError(
            f"`{name}` is no service of this stack",
            where=found.id,
            next_step=f"`vrooli backup fetch {found.id} --service {name} --into FOLDER` unpacks it",
        )
    room = found.sizes.get(name, found.plain)
    archives = not found.brings_back(name)
    # Beside archives lies the cluster that they become, and nobody here knows how large that is.
    room = 2 * room if archives else room
    wish = Wish(restore=found.id, room=room, dry_run=True, archives=archives)
    about = around(board.supervisor.stack, {name}, board.wanted.running)
    steps = await upgrade_of(about.service, board.supervisor.context, wish).plan()
    return {
        "point": found.id,
        "service": name,
        "room": room,
        "archives": archives,
        "steps": list(steps),
        "stops": sorted(about.affected),
        "outcome": found.outcome,
        "why": found.why,
        "begun": found.begun,
    }


def _point(ledger: BackupLedger, wanted: str) -> Taken:
    for point in ledger.points:
        if point.id == wanted:
            return point
    raise UnknownName(
        f"there is no restore point `{wanted[:40]}`", wanted, next_step="`vrooli backup list`"
    )


def _service(point: Taken, wanted: str) -> str:
    if not wanted and len(point.services) == 1:
        return point.services[0]
    if wanted not in point.services:
        raise UsageError(
            f"it has nothing of `{wanted[:40]}`" if wanted else "it has several services",
            where=point.id,
            next_step=f"say `service`: {', '.join(point.services)}",
        )
    return wanted

"""Composition of `vrooli backup drill`: which restores are practised, and where it is written."""

from collections.abc import Callable
from functools import partial

from vrooli.backup.drilling import Driller
from vrooli.backup.point import Part, Point
from vrooli.backup.proving import Prover
from vrooli.core.errors import UsageError
from vrooli.host.clock import SystemClock
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_combining import combiner
from vrooli.main.backup_parts import declared_in
from vrooli.main.backup_place import BackupPlace, backings_of, free_in, ids_of, load
from vrooli.stack.backup_ledger import Drill


async def drill(
    place: BackupPlace, wanted: str, only: str, told: Callable[[str], None], *, busy: bool
) -> list[Drill]:
    """Practise the restore of each part of a point; each is written down when it ended.

    Args:
        place: whose they are.
        wanted: which point; `latest` is the newest whose proof did not fail.
        only: the service; empty for all.
        told: gets lines about how far it is.
        busy: also where the machine has much to do.

    Raises:
        UsageError: there is no such point, or it has nothing of that service.
        Refused: it would be at the cost of what serves.
    """
    async with place.context() as context:
        store, declared = place.store(), declared_in(place.home)
        point = store.newest_whole(declared) if wanted == "latest" else store.point(wanted)
        parts = _chosen(point, only)
        backings = backings_of(context)
        room = partial(free_in, place.home.root / "data")
        combine = partial(combiner, place)
        prover = Prover(store, place.keys(), SystemClock(), room, ids_of, told, combine)
        driller = Driller(prover, context.stack.backup.objectives, load, busy)
        found = []
        for part in parts:
            backing = backings.get(part.service)
            if backing is None:
                raise _gone(point, part)
            found.append(await driller.drill(point, part, backing.of_form(part.source)))
            BackupBook(place.home).drilled(found[-1])
        return found


def _chosen(point: Point, only: str) -> list[Part]:
    parts = [part for part in point.parts if only in ("", part.service)]
    if not parts:
        raise UsageError(
            f"{point.id} has nothing of `{only}`",
            next_step=f"it has {', '.join(part.service for part in point.parts)}",
        )
    return parts


def _gone(point: Point, part: Part) -> UsageError:
    return UsageError(
        f"{point.id} holds {part.service}, which the stack does not have any more",
        next_step="declare it again, or practise the rest by `--only NAME`",
    )

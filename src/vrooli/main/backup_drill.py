"""Composition of `vrooli backup drill`: which restores are practised, and where it is written."""

from collections.abc import Callable
from functools import partial

from vrooli.backup.drilling import Driller
from vrooli.backup.point import Part, Point
from vrooli.backup.proving import Prover
from vrooli.core.errors import UsageError
from vrooli.host.clock import SystemClock
from vrooli.main import backup_parts
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_combining import combiner
from vrooli.main.backup_place import BackupPlace, backings_of, free_in, ids_of, load
from vrooli.stack.backup_ledger import Drill


async def drill(
    place: BackupPlace, wanted: str, only: str, told: Callable[[str], None], *, busy: bool
) -> list[Drill]:
    """Practise the restore of what `vrooli restore` would take; each is written down when it ended.

    Args:
        place: whose they are.
        wanted: which point; of `latest` it is the newest of each part whose proof did not fail.
        only: the service, or what kind it is; empty for all.
        told: gets lines about how far it is.
        busy: also where the machine has much to do.

    Raises:
        UsageError: there is no such point, or it has nothing of that service.
        Refused: it would be at the cost of what serves.
    """
    async with place.context() as context:
        store = place.spread(told).reading()
        declared, words = backup_parts.declared_in(place.home), (only,) if only else ()
        chosen = backup_parts.parts(store, declared, wanted, words, told)
        backings = backings_of(context)
        room = partial(free_in, place.home.root / "data")
        combine = partial(combiner, place)
        prover = Prover(store, place.keys(), SystemClock(), room, ids_of, told, combine)
        driller = Driller(prover, context.stack.backup.objectives, load, busy)
        found = []
        for point, part in chosen:
            backing = backings.get(part.service)
            if backing is None:
                raise _gone(point, part)
            found.append(await driller.drill(point, part, backing.of_form(part.source)))
            BackupBook(place.home).drilled(found[-1])
        return found


def _gone(point: Point, part: Part) -> UsageError:
    return UsageError(
        f"{point.id} holds {part.service}, which the stack does not have any more",
        next_step="declare it again, or practise the rest by `--only NAME`",
    )

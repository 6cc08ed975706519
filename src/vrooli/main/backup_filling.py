"""Composition of what fills the record of a home that was made anew: the points in its stores were
taken by the home in whose place it came.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
from vrooli.backup.remembered import Remembered
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, VrooliError
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_place import BackupPlace

MOST = 500
"""Points of a store that are looked at, the newest of them: each is asked for by itself."""


def fill(place: BackupPlace, told: Callable[[str], None]) -> None:
    """Write down the points and proofs in the stores of the stack. A store that does not answer
    fails nothing.
    """
    spread = place.spread(told)
    have = dict[str, list[str]]()
    found = dict[str, tuple[Point, Proof | None]]()
    for name in spread.stores.settings():
        try:
            store = spread.reading(name)
            looked = replace(store, blobs=Remembered(store.blobs))
            for id in looked.ids()[-MOST:]:
                with suppress(Damaged):  # `vrooli backup list` tells of it
                    found[id] = found.get(id) or _read(looked, id)
                    have.setdefault(id, []).append(name)
        except VrooliError as error:
            told(f"{name}: {error.in_a_line}; the record of backups lacks what it holds")
    lines = [(point, proof, tuple(have[id])) for id, (point, proof) in found.items()]
    BackupBook(place.home).found(lines)


def _read(store: Store, id: str) -> tuple[Point, Proof | None]:
    point, proof = store.point(id), None
    with suppress(VrooliError):
        proof = store.proof(id, point)
    return point, proof

"""Having every store hold the WAL that others have: one that was added later gets what is not on
any machine any more.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import Damaged, NotStored, VrooliError

Needed = Callable[[Store, Collection[StoredName]], Collection[StoredName]]
"""Of a store and names, those that its points need."""


def spread_wal(
    stores: Mapping[str, Store], needed: Needed
) -> tuple[dict[str, int], dict[str, VrooliError]]:
    """Bytes that went to each, and why one has not everything. Nobody else may bring WAL
    meanwhile: it would be sealed otherwise.
    """
    sent: dict[str, int] = {}
    errors: dict[str, VrooliError] = {}
    for name, store in stores.items():
        others = [other for other in stores if other != name]
        try:
            sent[name] = _filled(store, [stores[other] for other in others], needed)
        except VrooliError as error:
            errors[name] = error
    return sent, errors


def _filled(target: Store, others: Iterable[Store], needed: Needed) -> int:
    shelf, sent = WalShelf(target), 0
    for other in others:
        source = WalShelf(other)
        for name in needed(target, missing(list(source.names()), list(shelf.names()))):
            try:
                sent += source.copy(name, shelf)
            except (Damaged, NotStored):  # another one may have it whole; reading it again tells
                continue
    return sent


def missing(there: Collection[StoredName], here: Collection[StoredName]) -> list[StoredName]:
    """What is there and not here; of a segment that was being written its newest state, where it
    is whole in neither. Pure.
    """
    known = {name.blob for name in here}
    whole = {_file(name) for name in (*there, *here) if not name.turn}
    newest: dict[tuple[str, ...], int] = {}
    for name in (*there, *here):
        newest[_file(name)] = max(newest.get(_file(name), 0), name.turn)
    return [
        name
        for name in there
        if name.blob not in known
        and (not name.turn or (_file(name) not in whole and name.turn == newest[_file(name)]))
    ]


def _file(name: StoredName) -> tuple[str, ...]:
    return name.service, name.system, name.stream, name.name

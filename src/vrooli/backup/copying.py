"""Having every store hold every restore point: what one lacks is copied from one that has it.

Packs go first and the manifest last, so a point is in a store whole or not at all; what an earlier
copy that broke off has brought there is not sent again.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from vrooli.backup.keys import Keys
from vrooli.backup.packs import name_in_store
from vrooli.backup.point import Pack, Point
from vrooli.backup.store import MAC_KEY, Store
from vrooli.core.errors import Damaged, NoRoom, NotStored, Refused, VrooliError
from vrooli.core.sizes import rough_size
from vrooli.stack.room import LEFT

AT_ONCE = 4
"""Packs under way: each lies in memory, and one connection alone is slow over a long way."""

Told = Callable[[str, int, int], None]
"""Takes the store, and how many bytes of how many are there."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What became of it.

    Attributes:
        have: ids of the points that are in each store, of those that answered.
        sent: bytes that were copied to each.
        errors: why a store has not everything.
    """

    have: Mapping[str, frozenset[str]]
    sent: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, VrooliError] = field(default_factory=dict)

    def stores_of(self, point: str) -> list[str]:
        """Those that have it."""
        return [name for name, ids in self.have.items() if point in ids]

    def reasons(self) -> dict[str, str]:
        """By store why it has not everything, in one line each."""
        return {name: error.said_of(name) for name, error in self.errors.items()}


def require_ours(store: Store, keys: Keys) -> None:
    """Whether the place is new, or our own.

    Raises:
        Refused: another stack keeps its points there: neither could be told from the other's.
    """
    try:
        sealed = store.blobs.get(MAC_KEY)
    except NotStored:
        return
    try:
        ours = keys.opener.open(sealed, store.where) == keys.mac
    except Damaged:
        ours = False
    if not ours:
        raise Refused(
            "the restore points here were made with another key: they are another stack's, or of "
            "a home that was lost",
            where=store.where,
            next_step="name another folder, bucket or prefix for this stack; `vrooli recover` "
            "makes a lost home anew",
        )


def spread(
    stores: Mapping[str, Store], keys: Keys, told: Told, room: Callable[[str], float]
) -> Spread:
    """Have each of `stores` hold what the others do. A store that fails keeps no other from it.

    Nobody may remove packs that no point names meanwhile: those that come first look like that.
    `room` tells how many bytes are free in one.
    """
    have: dict[str, set[str]] = {}
    errors: dict[str, VrooliError] = {}
    sent: dict[str, int] = {}
    for name, store in stores.items():
        try:
            require_ours(store, keys)
            have[name] = set(store.ids())
        except VrooliError as error:
            errors[name] = error
    for name in list(have):
        try:
            sent[name] = _filled(name, stores, have, keys, told, room)
        except VrooliError as error:
            errors[name] = error
    return Spread({name: frozenset(ids) for name, ids in have.items()}, sent, errors)


def _filled(
    name: str,
    stores: Mapping[str, Store],
    have: Mapping[str, set[str]],
    keys: Keys,
    told: Told,
    room: Callable[[str], float],
) -> int:
    """Bytes that were sent. The oldest point first: later ones may build on it."""
    target, failure, sent = stores[name], None, 0
    missing = sorted(set().union(*have.values()) - have[name])
    if not missing:
        return 0
    target.share_key(keys.seal)
    there = dict(target.blobs.sizes("packs/"))
    for id in missing:
        source = next(stores[other] for other, ids in have.items() if id in ids and other != name)
        try:
            point = source.point(id)
        except VrooliError as error:  # of its store; the next point may be whole
            failure = failure or error
            continue
        lacking = _lacking(point, there)
        size = sum(pack.size for pack in lacking)
        _require_room(target, size, room(name))
        try:
            _send(lacking, source, target, lambda done, size=size: told(name, done, size))  # type: ignore[misc]
        except Damaged as error:
            failure = failure or error
            continue
        there |= {name_in_store(pack): pack.size for pack in lacking}
        sent += size
        target.keep(point)
        have[name].add(id)
        _copy_proofs(id, source, target)
    if failure is not None:
        raise failure
    return sent


def _require_room(target: Store, size: int, free: float) -> None:
    """The disk of a store may be one that others need as well."""
    if size and free < (need := size + LEFT):
        raise NoRoom(
            f"{rough_size(need)} are needed, {rough_size(free)} are free",
            where=target.where,
            next_step="make room there: the next `vrooli backup run` or `vrooli backup copy` "
            "brings what it lacks",
        )


def _lacking(point: Point, there: Mapping[str, int]) -> list[Pack]:
    needed = {name_in_store(pack): pack for part in point.parts for pack in part.packs}
    return [pack for name, pack in needed.items() if there.get(name) != pack.size]


def _send(packs: list[Pack], source: Store, target: Store, told: Callable[[int], None]) -> None:
    """All of them, a few at once; the first failure ends it after those under way."""
    done = 0

    def one(pack: Pack) -> int:
        target.keep_pack(pack, source.pack(pack))
        return pack.size

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="copy") as pool:
        futures = [pool.submit(one, pack) for pack in packs]
        try:
            for future in futures:
                done += future.result()
                told(done)
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def _copy_proofs(id: str, source: Store, target: Store) -> None:
    """What was seen of it, for whoever has that store alone. Nothing depends on it."""
    with suppress(VrooliError):
        for name, _ in source.blobs.sizes(f"proofs/{id}/"):
            target.blobs.put(name, source.blobs.get(name))

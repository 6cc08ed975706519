"""Removing restore points that need not be kept: planned as a whole, then done in an order in which
a kill at any moment leaves nothing that lies: first the manifests, by which points are there, those
that are made on others before these; then packs and proofs that nobody names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from vrooli.backup.packs import name_in_store
from vrooli.backup.point import Point
from vrooli.backup.retention import Keep, Kept, Verdict, retention
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, VrooliError


@dataclass(frozen=True, slots=True)
class Pruning:
    """What would become of a store.

    Attributes:
        verdicts: on each point, the oldest first.
        points: by id.
        freed: bytes that come free by those that go.
    """

    verdicts: Sequence[Verdict]
    points: Mapping[str, Point]
    freed: int

    @property
    def gone(self) -> frozenset[str]:
        """Ids of those that go."""
        return frozenset(one.id for one in self.verdicts if not one.stays)


def planned(store: Store, keep: Keep, now: float, zone: tzinfo) -> Pruning:
    """What becomes of it.

    Raises:
        Damaged: a point cannot be read: nobody knows what it is made on, nor its packs.
    """
    points = dict(_readable(store))
    held = [_kept(store, point) for point in points.values()]
    verdicts = retention(held, keep, now, zone)
    gone = {one.id for one in verdicts if not one.stays}
    stays = _sizes(point for id, point in points.items() if id not in gone)
    goes = _sizes(point for id, point in points.items() if id in gone)
    return Pruning(verdicts, points, sum(goes[name] for name in goes.keys() - stays.keys()))


def remove(store: Store, pruning: Pruning, forgotten: Callable[[frozenset[str]], None]) -> None:
    """Do it. Nobody may be writing to the store meanwhile.

    Args:
        store: of which it was planned.
        pruning: what goes.
        forgotten: called between: the points are there no more, and their packs still are.
    """
    left = {id: bases_of(pruning.points[id]) for id in pruning.gone}
    while left:
        needed = frozenset[str]().union(*left.values())
        for id in sorted(left.keys() - needed, reverse=True) or sorted(left, reverse=True):
            store.forget(id)
            del left[id]
    forgotten(pruning.gone)
    store.sweep()
    store.sweep_proofs()


def bases_of(point: Point) -> frozenset[str]:
    """Ids of the points that it is made on."""
    said = (part.facts.get("base") for part in point.parts)
    return frozenset(base for base in said if isinstance(base, str) and base)


def _readable(store: Store) -> Iterable[tuple[str, Point]]:
    for id, found in store.points():
        if isinstance(found, VrooliError):
            raise Damaged(
                f"nothing is removed while {id} cannot be read: nobody knows what it is made on",
                where=found.where or store.where,
                next_step="put its manifest back from another copy of the store; when there is "
                "none, remove that file, and prune again",
            ) from found
        yield id, found


def _kept(store: Store, point: Point) -> Kept:
    try:
        proof = store.proof(point.id)
    except Damaged:  # it proves nothing then
        proof = None
    return Kept(
        id=point.id,
        taken=point.taken,
        services=frozenset(part.service for part in point.parts),
        outcome=proof.outcome if proof else "unverified",
        bases=bases_of(point),
    )


def _sizes(points: Iterable[Point]) -> dict[str, int]:
    packs = (pack for point in points for part in point.parts for pack in part.packs)
    return {name_in_store(pack): pack.size for pack in packs}

"""Removing restore points that need not be kept: planned as a whole, then done in an order in which
a kill at any moment leaves nothing that lies: first the manifests, by which points are there, those
that are made on others before these; then packs and proofs that nobody names.

Each store is planned by what it has itself: one that lacks the newest points keeps what it needs.
What one keeps stays in all, or the next copy would bring it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from vrooli.backup.chains import BASE
from vrooli.backup.foreign import is_held
from vrooli.backup.packs import name_in_store
from vrooli.backup.point import ARCHIVES, Part, Point
from vrooli.backup.retention import Keep, Kept, Verdict, retention
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, VrooliError


@dataclass(frozen=True, slots=True)
class Pruning:
    """What would become of a store, or of several.

    Attributes:
        verdicts: on each point, the oldest first.
        points: by id.
        freed: bytes that come free by those that go.
        failures: by store, why not everything went there.
    """

    verdicts: Sequence[Verdict]
    points: Mapping[str, Point]
    freed: int
    failures: Mapping[str, VrooliError] = field(default_factory=dict)

    @property
    def gone(self) -> frozenset[str]:
        """Ids of those that go."""
        return frozenset(one.id for one in self.verdicts if not one.stays)


def planned(store: Store, proofs: Store, keep: Keep, now: float, zone: tzinfo) -> Pruning:
    """What becomes of `store`.

    Args:
        store: the one.
        proofs: it, or several as one: a proof counts for every copy.
        keep: how much.
        now: Unix seconds.
        zone: in which weeks begin.

    Raises:
        Damaged: a point cannot be read: nobody knows what it is made on, nor its packs.
    """
    points = dict(_readable(store))
    held = [_kept(proofs, point) for point in points.values()]
    verdicts = retention(held, keep, now, zone)
    gone = {one.id for one in verdicts if not one.stays}
    return Pruning(verdicts, points, freed(points, gone))


def together(plans: Mapping[str, Pruning]) -> Pruning:
    """One of all stores: what any of them keeps stays."""
    verdicts: dict[str, Verdict] = {}
    for plan in plans.values():
        for one in plan.verdicts:
            before = verdicts.get(one.id)
            if before is None or (one.stays and not before.stays):
                verdicts[one.id] = one
    points = {id: point for plan in plans.values() for id, point in plan.points.items()}
    gone = {id for id, one in verdicts.items() if not one.stays}
    size = sum(freed(plan.points, gone) for plan in plans.values())
    return Pruning([verdicts[id] for id in sorted(verdicts)], points, size)


def freed(points: Mapping[str, Point], gone: Iterable[str]) -> int:
    """Bytes of a store that are named by nothing but what goes."""
    going = set(gone)
    stays = _sizes(point for id, point in points.items() if id not in going)
    goes = _sizes(point for id, point in points.items() if id in going)
    return sum(goes[name] for name in goes.keys() - stays.keys())


def remove(store: Store, points: Mapping[str, Point], gone: Iterable[str]) -> None:
    """Have those be points no more. Nobody may be writing to the store meanwhile.

    Raises:
        StorageError, Unreachable: the store refuses; those are left that it did not let go.
    """
    left = {id: bases_of(points[id]) for id in gone if id in points}
    while left:
        needed = frozenset[str]().union(*left.values())
        for id in sorted(left.keys() - needed, reverse=True) or sorted(left, reverse=True):
            store.forget(id)
            del left[id]


def with_bases(ids: Iterable[str], points: Mapping[str, Point]) -> frozenset[str]:
    """Those, and all that they are made on."""
    found, waiting = set[str](), list(ids)
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += bases_of(points[id]) if id in points else ()
    return frozenset(found)


def sweep(store: Store) -> None:
    """Remove packs and proofs that no point names."""
    store.sweep()
    store.sweep_proofs()


def bases_of(point: Point) -> frozenset[str]:
    """Ids of the points that it is made on."""
    said = (part.facts.get(BASE) for part in point.parts)
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


def _kept(proofs: Store, point: Point) -> Kept:
    try:
        # What another program holds of it is less than what was proven.
        proof = proofs.proof(point.id, None if is_held(point) else point)
    except Damaged:  # it proves nothing then
        proof = None
    return Kept(
        id=point.id,
        taken=point.taken,
        services=frozenset(_counted_as(part) for part in point.parts),
        outcome=proof.outcome if proof else "unverified",
        bases=bases_of(point),
    )


def _counted_as(part: Part) -> str:
    """Archives stand for no copy that a server starts on: each kind has its own newest ones."""
    return f"{part.service} (archives)" if part.source in ARCHIVES else part.service


def _sizes(points: Iterable[Point]) -> dict[str, int]:
    packs = (pack for point in points for part in point.parts for pack in part.packs)
    return {name_in_store(pack): pack.size for pack in packs}

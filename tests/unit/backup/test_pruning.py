"""Removing restore points, also by somebody who is killed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, point_of, stored
from vrooli.backup.foreign import held
from vrooli.backup.packs import name_in_store
from vrooli.backup.point import Point, digest_of
from vrooli.backup.proof import Proof
from vrooli.backup.pruning import planned, remove, sweep, together, with_bases
from vrooli.backup.retention import DAY, Keep
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, StorageError
from vrooli.host.memory.blobs import MemoryBlobs

NOW = 1_795_000_000.0
KEEP = Keep(days=1, weeks=0, months=0, years=0)


class _Killed(StorageError):
    """In the place of a kill."""


class _Mortal(MemoryBlobs):
    """Dies at a removal.

    Attributes:
        lives: so many removals are done before.
    """

    lives = 10**9

    def delete(self, name: str) -> None:
        """See the port."""
        self.lives -= 1
        if self.lives < 0:
            raise _Killed("killed", next_step="begin again")
        super().delete(name)


def _id(number: int) -> str:
    return f"202611{number:02d}t075212z-3f09ab"


def _filled() -> tuple[Store, _Mortal, list[Point]]:
    """Five points, a day each, the third one made on the second; packs of its own and a shared one
    each; what a run left that was killed.
    """
    keys, blobs = new_keys(), _Mortal()
    store, points = Store(blobs, keys.mac), []
    shared = stored(b"the same each time", store, keys)
    for number in range(1, 6):
        own = part_of(stored(b"%d" % number * 100, store, keys))
        facts: dict[str, Any] = {"base": _id(2)} if number == 3 else {}
        both = replace(own, packs=(*own.packs, *shared.packs), facts=facts)
        point = replace(point_of(both, id=_id(number)), taken=NOW - (10 - number) * DAY)
        store.keep(point)
        store.keep_proof(Proof(point.id, NOW, "verified"))
        points.append(point)
    stored(b"left by a run that was killed", store, keys)
    return store, blobs, points


def _pruned(store: Store) -> None:
    plan = planned(store, store, KEEP, NOW, UTC)
    remove(store, plan.points, plan.gone)
    sweep(store)


def _whole(store: Store, blobs: MemoryBlobs) -> None:
    """Every point that is there has all its packs, and what it is made on."""
    for id, point in store.points():
        assert isinstance(point, Point), point
        assert all(name_in_store(pack) in blobs.held for part in point.parts for pack in part.packs)
        assert {part.facts.get("base", id) for part in point.parts} <= set(store.ids())


def test_the_newest_verified_one_stays_and_nothing_of_the_others() -> None:
    store, blobs, points = _filled()
    pruning = planned(store, store, KEEP, NOW, UTC)
    assert pruning.gone == {point.id for point in points[:4]}
    before = sum(map(len, blobs.held.values()))
    own = [point.parts[0].packs[0].size for point in points[:4]]
    assert pruning.freed == sum(own), "what is shared with one that stays does not come free"
    _pruned(store)
    assert store.ids() == [points[4].id]
    _whole(store, blobs)
    assert len([name for name in blobs.held if name.startswith("packs/")]) == 2
    assert {name.split("/")[1] for name in blobs.held if name.startswith("proofs/")} == {_id(5)}
    assert sum(map(len, blobs.held.values())) < before - sum(own)


@pytest.mark.parametrize("lives", range(14))
def test_killed_anywhere_nothing_is_half_done_and_the_next_one_finishes(lives: int) -> None:
    store, blobs, points = _filled()
    blobs.lives = lives
    try:
        _pruned(store)
    except _Killed:
        _whole(store, blobs)
        assert points[4].id in store.ids()
    blobs.lives = 10**9
    _pruned(store)
    assert store.ids() == [points[4].id]
    assert len(list(_below(blobs, "packs/"))) == 2
    assert len(list(_below(blobs, "proofs/"))) == 1


def _below(blobs: MemoryBlobs, folder: str) -> Iterator[str]:
    return (name for name in blobs.held if name.startswith(folder))


def test_while_one_cannot_be_read_nothing_goes() -> None:
    store, blobs, points = _filled()
    blobs.held[f"points/{points[1].id}.json"] = b"{}"
    held = dict(blobs.held)
    with pytest.raises(Damaged, match=points[1].id):
        planned(store, store, KEEP, NOW, UTC)
    assert blobs.held == held


def test_a_proof_that_cannot_be_read_proves_nothing() -> None:
    store, blobs, points = _filled()
    name = next(_below(blobs, f"proofs/{points[4].id}/"))
    blobs.held[name] = b"{}"
    gone = planned(store, store, KEEP, NOW, UTC).gone
    assert gone == {point.id for point in points[:3]}, "the newest that still counts stays as well"
    assert new_store(new_keys())[0].ids() == []


def test_a_proof_counts_for_what_another_program_holds_of_the_point() -> None:
    store, _, points = _filled()
    repository = Store(MemoryBlobs(), store.key)
    for point in points:
        parts = tuple(replace(part, source="files") for part in point.parts)
        rest = replace(parts[0], service="rest", source="postgres-physical")
        whole = replace(point, parts=(*parts, rest), id=point.id.replace("2026", "2025"))
        store.keep_proof(Proof(whole.id, NOW, "verified", manifest=digest_of(whole)))
        held_of_it = held(whole)
        assert held_of_it is not None
        repository.keep(held_of_it)
    assert len(planned(repository, store, KEEP, NOW, UTC).gone) == 4


def test_what_one_store_keeps_stays_in_all() -> None:
    """One that was away lacks the newest points, and keeps the newest that it has."""
    store, blobs, points = _filled()
    behind = Store(MemoryBlobs(), store.key)
    behind.blobs.held.update(blobs.held)  # type: ignore[attr-defined]  # it is one of memory
    behind.forget(points[4].id)
    plans = {"here": planned(store, store, KEEP, NOW, UTC)}
    plans["behind"] = planned(behind, store, KEEP, NOW, UTC)
    whole = together(plans)
    assert whole.gone == {point.id for point in points[:3]}
    assert [one.id for one in whole.verdicts] == [point.id for point in points]
    own = [point.parts[0].packs[0].size for point in points[:3]]
    assert whole.freed == 2 * sum(own)
    assert with_bases([points[2].id], whole.points) == {points[2].id, points[1].id}

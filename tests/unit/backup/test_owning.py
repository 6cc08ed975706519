"""Of several homes with one key one alone writes to a store, and nobody has to remove anything."""

from dataclasses import replace

import pytest

from tests.unit.backup.made import ID, new_keys, new_store, part_of, point_of, stored
from vrooli.backup.owning import OwnedBlobs, Owner, adopt, claim, owner_of
from vrooli.backup.store import Store
from vrooli.core.errors import Busy, Damaged, NotOurs
from vrooli.host.memory.blobs import MemoryBlobs

ONE = Owner("one", "web1", "shop", 5.0)
TWO = replace(ONE, home="two", host="web2")


def _new() -> tuple[Store, MemoryBlobs]:
    return new_store(new_keys())


def test_the_first_home_has_it_and_another_is_refused_until_it_takes_it_over() -> None:
    store, _ = _new()
    assert owner_of(store) is None
    claim(store, ONE, ())
    claim(store, replace(ONE, at=9.0), ())
    with pytest.raises(NotOurs, match="shop on web1"):
        claim(store, TWO, ())
    adopt(store, TWO)
    claim(store, TWO, ())
    with pytest.raises(NotOurs, match="web2"):
        claim(store, ONE, ())
    assert owner_of(store) == TWO


def test_a_store_of_before_there_were_owners_is_that_of_who_knows_its_points() -> None:
    keys = new_keys()
    store, _ = new_store(keys)
    store.keep(point_of(part_of(stored(b"data", store, keys))))
    with pytest.raises(NotOurs):
        claim(store, TWO, {"another"})
    assert owner_of(store) is None
    claim(store, ONE, {ID})
    assert owner_of(store) == ONE


def test_of_two_at_once_one_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    store, blobs = _new()
    claim(store, ONE, ())
    late = MemoryBlobs()
    late.held = dict(blobs.held)
    adopt(Store(late, store.key), TWO)
    sizes = MemoryBlobs.sizes
    monkeypatch.setattr(MemoryBlobs, "sizes", lambda self, prefix: list(sizes(blobs, prefix)))
    with pytest.raises(Busy):
        adopt(Store(late, store.key), ONE)


def test_a_mark_that_was_changed_is_nobodys() -> None:
    store, blobs = _new()
    claim(store, ONE, ())
    blobs.held["owners/000001.json"] = blobs.held["owners/000001.json"].replace(b"one", b"two")
    with pytest.raises(Damaged):
        claim(store, TWO, ())
    adopt(store, ONE)
    claim(store, ONE, ())


def test_nothing_is_changed_by_whoever_does_not_own_it() -> None:
    store, blobs = _new()
    claim(store, ONE, ())
    held = dict(blobs.held)
    asked = []

    def required() -> None:
        asked.append(1)
        claim(store, TWO, ())

    guarded = OwnedBlobs(blobs, required)
    assert [name for name, _ in guarded.sizes("owners/")] == ["owners/000001.json"]
    for change in (lambda: guarded.put("a", b"1"), lambda: guarded.delete("owners/000001.json")):
        with pytest.raises(NotOurs):
            change()
    assert blobs.held == held
    adopt(store, TWO)
    assert guarded.put("a", b"1")
    guarded.delete("a")
    assert len(asked) == 3

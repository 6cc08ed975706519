"""What comes back of a stack that is lost: of each part the newest state, or that of a moment."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.backup.made import new_keys, new_store, stored
from vrooli.backup.point import Part, Point
from vrooli.backup.proof import Proof
from vrooli.backup.recovery import Asked, Returning
from vrooli.backup.remembered import Remembered
from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import UsageError
from vrooli.main.backup_recover_plan import Planned, RecoveryPlan
from vrooli.stack.postgres.wal.names import Segment, name_of

MIB = 1024 * 1024
DAY = 86_400.0
AT = 1_795_000_000.0
"""When the first point was taken, Unix seconds."""

KEYS = new_keys()


def _id(day: int) -> str:
    return f"202611{10 + day}t000000z-00000{day}"


def _part(store: Store, service: str, source: str, **facts: Any) -> Part:
    written = stored(service.encode() * 100, store, KEYS)
    packs = tuple(written.packs)
    return Part(source, service, "tar", written.plain, written.digest, packs, facts)


def _postgres(store: Store, day: int, **facts: Any) -> Part:
    """A base that begins with segment `day`."""
    lsn = f"0/{day}000028"
    about = {"system": "77", "lsn": lsn, "timeline": 1}
    return _part(store, "db", "postgres-physical", before=about, after=about, **facts)


def _point(store: Store, day: int, *parts: Part) -> None:
    at = AT + day * DAY
    store.keep(Point(_id(day), "shop", "web1", at - 5, at, "0.1.0", parts))


@pytest.fixture
def store() -> Store:
    """Day 1: all. Day 2: redis alone. Day 3: what changed of db. WAL until half a day later."""
    store, _ = new_store(KEYS)
    whole = _postgres(store, 1)
    files = _part(store, "site", "files", before={"roots": ["/nonexistent/site"]})
    redis = _part(store, "redis", "redis")
    _point(store, 1, whole, redis, files)
    _point(store, 2, redis)
    _point(store, 3, _postgres(store, 3, base=_id(1)))
    for number in range(1, 7):
        name = StoredName("db", "77", "00000001", name_of(Segment(number, 1), 16 * MIB))
        seen = (AT + DAY - 50, AT + 3.5 * DAY - 6 + number, "")
        WalShelf(store).keep(name, bytes(16 * MIB), seen, KEYS.seal)
    return store


def _planned(store: Store, here: tuple[str, ...] | None = None, **asked: str) -> Planned:
    said = Asked("store", Path("key"), Path("file"), **asked)  # type: ignore[arg-type]
    looked = replace(store, blobs=Remembered(store.blobs))
    return RecoveryPlan(looked, KEYS, said, here, {}).planned()


def _of(found: Planned) -> dict[str, Returning]:
    return {one.service: one for one in found.parts}


def test_of_each_part_the_newest_comes_back_and_all_wal_after_it(store: Store) -> None:
    found = _of(_planned(store))
    assert list(found) == ["db", "redis", "site"]
    points = {name: one.point for name, one in found.items()}
    assert points == {"db": _id(3), "redis": _id(2), "site": _id(1)}
    db = found["db"]
    assert (db.until, db.timeline, db.files, db.size) == ("latest", 1, 4, 4 * 16 * MIB)
    assert db.since == AT + 3.5 * DAY
    # The chain, and what comes out of it, and the WAL.
    assert db.room == 4 * db.plain + 2 * db.size
    assert found["redis"].since == AT + 2 * DAY - 5


def test_damaged_wal_ends_the_way_and_what_is_behind_it_counts_as_lost(store: Store) -> None:
    name = name_of(Segment(5, 1), 16 * MIB)
    store.blobs.delete(f"{StoredName('db', '77', '00000001', name).blob}-0")
    db = _of(_planned(store))["db"]
    assert (db.point, db.until, db.files, db.gap) == (_id(3), "latest", 2, name)
    assert db.since == AT + 3.5 * DAY - 2


def test_a_moment_bounds_all_of_it(store: Store) -> None:
    at = "2026-11-20T12:00:00+00:00"
    found = _of(_planned(store, to=at))
    assert {name: one.point for name, one in found.items()} == {
        "db": _id(1), "redis": _id(2), "site": _id(1),
    }  # fmt: skip
    assert found["db"].until.startswith("2026-11-20 12:00:00")
    position = _of(_planned(store, to="0/2000100"))
    assert {one.point for one in position.values()} == {_id(1)}
    later = _of(_planned(store, to="0/3000010"))["db"]
    assert (later.point, later.since) == (_id(1), AT + 3.5 * DAY - 4)
    with pytest.raises(UsageError, match="no restore point"):
        _planned(store, to="2001-01-01")


def test_a_point_that_is_named_is_all_there_is(store: Store) -> None:
    found = _of(_planned(store, wanted=_id(1)))
    assert ({one.point for one in found.values()}, found["db"].files) == ({_id(1)}, 0)
    with pytest.raises(UsageError, match="chooses the point"):
        _planned(store, wanted=_id(1), to="2001-01-01")


def test_a_point_whose_proof_failed_is_none(store: Store) -> None:
    store.keep_proof(Proof(_id(3), AT + 4 * DAY, "failed", (), "it does not start"))
    found = _of(_planned(store))
    assert (found["db"].point, found["db"].files) == (_id(1), 6)


def test_a_point_whose_proof_cannot_be_read_is_passed_over_and_told(store: Store) -> None:
    store.blobs.put(f"proofs/{_id(3)}/1.json", b"{")
    planned = _planned(store)
    assert _of(planned)["db"].point == _id(1)
    assert [line for line in planned.missing if line.startswith(f"{_id(3)} is passed over: ")]


def test_what_does_not_come_back_is_told(store: Store) -> None:
    _point(store, 4, _part(store, "other", "postgres-logical"))
    lines = "\n".join(_planned(store).missing)
    assert "of other there are archives alone" in lines
    assert "no secrets are in it" in lines
    assert "/nonexistent" not in lines

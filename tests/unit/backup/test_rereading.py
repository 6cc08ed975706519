"""Which packs are read again, and when all have been."""

from dataclasses import replace

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, point_of, stored
from vrooli.backup.packs import name_in_store
from vrooli.backup.point import Part
from vrooli.backup.rereading import DAY, Seen, due, reread, seen_read, seen_written
from vrooli.core.errors import Damaged

SIZES = {f"packs/{n:02}": 10 for n in range(30)}


def test_all_are_read_within_the_days_however_often_somebody_looks() -> None:
    for pause in (DAY, DAY / 4, 3 * DAY, 45 * DAY):
        seen, now = Seen(), 1e9
        for _ in range(int(31 * DAY / pause) + 2):
            chosen = due(SIZES, seen, now, 30)
            assert chosen
            seen = Seen(now, {**seen.read, **dict.fromkeys(chosen, now)})
            now += pause
        assert seen.read.keys() == SIZES.keys(), pause


def test_each_look_reads_the_share_of_the_time_that_has_passed_the_longest_unread_first() -> None:
    read = {name: n + 1.0 for n, name in enumerate(SIZES)}
    chosen = due(SIZES, Seen(1e9, read), 1e9 + 3 * DAY, 30)
    assert chosen == ["packs/00", "packs/01", "packs/02"]
    assert due({**SIZES, "packs/new": 10}, Seen(1e9, read), 1e9 + 1, 30) == ["packs/new"]
    assert due(SIZES, Seen(1e9, read), 1e9 - 5, 30) == []  # the clock was put back
    assert due({}, Seen(), 1e9, 30) == []


def test_what_builds_on_a_damaged_part_is_damaged_too() -> None:
    keys = new_keys()
    store, blobs = new_store(keys)
    made: dict[str, Part] = {}
    for number, base in enumerate(["", "0", "1", "", "3"]):
        facts = {"base": f"20261128t07{base:>02}00z-3f09ab"} if base else {}
        own = part_of(stored(f"of {number}".encode(), store, keys))
        other = part_of(stored(f"redis {number}".encode(), store, keys), "redis")
        id = f"20261128t07{number:02}00z-3f09ab"
        store.keep(point_of(replace(own, facts=facts), other, id=id))
        made[id] = own
    ids = list(made)
    blobs.held[name_in_store(made[ids[0]].packs[0])] = b"rotten"
    found, _ = reread(store, keys, Seen(), 1e9, None, lambda *_: None)
    assert [proof.point for proof in sorted(found.failed, key=lambda one: one.point)] == ids[:3]
    whys = {proof.point: proof.why for proof in found.failed}
    assert whys[ids[2]].startswith(f"it builds on {ids[0]}: packs/")
    redis = store.point(ids[3]).parts[1]  # nothing of what the increment after it builds on
    blobs.held[name_in_store(redis.packs[0])] = b"rotten"
    found, _ = reread(store, keys, Seen(), 1e9, None, lambda *_: None)
    assert {proof.point for proof in found.failed} == set(ids[:4])


def test_what_was_read_is_believed_from_our_own_file_alone() -> None:
    seen = {"near": Seen(5.0, {"packs/00": 4.0})}
    data = seen_written(seen, b"key")
    assert seen_read(data, b"key", "here") == seen
    with pytest.raises(Damaged):
        seen_read(data.replace(b"4.0", b"9.0"), b"key", "here")

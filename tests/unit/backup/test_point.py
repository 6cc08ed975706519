"""Manifests: what was written is what is read, and nothing else is."""

import json
from dataclasses import replace
from functools import partial

import pytest

from tests.unit.backup.made import ID, new_keys, new_store, part_of, point_of, stored
from vrooli.backup.packs import name_in_store
from vrooli.backup.point import digest_of, read, written
from vrooli.backup.proof import Proof
from vrooli.backup.store import MAC_KEY, Store, opened
from vrooli.core.errors import Damaged, Unreachable, UsageError
from vrooli.host.memory.blobs import MemoryBlobs

KEYS = new_keys()
KEY = KEYS.mac


def test_a_point_is_read_as_it_was_written() -> None:
    store, _ = new_store(KEYS)
    point = point_of(part_of(stored(b"data", store, KEYS)))
    assert read(written(point, KEY), KEY, "here") == point
    assert point.plain == 4
    assert point.part_of("postgres") == point.parts[0]
    assert point.part_of("redis") is None


def test_a_point_that_somebody_changed_is_refused() -> None:
    said = json.loads(written(point_of(), KEY))
    for key, value in {"host": "evil", "id": "20261128t075212z-ffffff", "mac": "0" * 64}.items():
        with pytest.raises(Damaged, match="changed or damaged"):
            read(json.dumps({**said, key: value}).encode(), KEY, "here")
    for text in (b"", b"[]", b"{}", b"null", b'{"mac": 1}', b"\xff"):
        with pytest.raises(Damaged, match="changed or damaged"):
            read(text, KEY, "here")
    with pytest.raises(Damaged, match="the key is another"):
        read(written(point_of(), KEY), b"another", "here")


def test_points_are_found_by_the_beginning_of_their_id() -> None:
    store, _ = new_store(KEYS)
    with pytest.raises(UsageError, match="no restore point yet"):
        store.point("latest")
    other = "20261128t075213z-3f09ab"
    for id in (other, ID):
        store.keep(point_of(id=id))
    assert store.ids() == [ID, other]
    assert store.point("latest").id == other
    assert store.point("20261128t075212").id == ID
    with pytest.raises(UsageError, match="begins 2 restore points"):
        store.point("20261128")
    with pytest.raises(UsageError, match="no restore point `2025`"):
        store.point("2025")


def test_a_damaged_point_hides_no_other() -> None:
    store, blobs = new_store(KEYS)
    store.keep(point_of())
    blobs.held["points/20261128t075213z-3f09ab.json"] = b"{"
    blobs.held["points/20261128t075214z-3f09ab.json"] = blobs.held[f"points/{ID}.json"]
    found = dict(store.points())
    assert found[ID] == point_of()
    assert isinstance(found["20261128t075213z-3f09ab"], Damaged)
    assert "is the manifest of" in str(found["20261128t075214z-3f09ab"])


def test_the_last_proof_counts() -> None:
    store, _ = new_store(KEYS)
    assert store.proof(ID) is None
    good = Proof(ID, 1000.0, "verified", ("it starts",), seconds=1.5, facts={"rows": 3})
    store.keep_proof(good)
    assert store.proof(ID) == good
    bad = replace(good, outcome="failed", why="a page is damaged")
    store.keep_proof(replace(bad, at=2000.0))
    assert store.proof(ID) == replace(bad, at=2000.0)
    store.keep_proof(replace(good, at=3000.0, outcome="unverified", why="no room"))
    assert store.proof(ID) == replace(bad, at=2000.0), "what says nothing hides nothing"


def test_a_proof_counts_for_the_point_that_it_names_and_for_what_that_holds() -> None:
    store, blobs = new_store(KEYS)
    other = "20261128t075213z-3f09ab"
    point = point_of(part_of(stored(b"data", store, KEYS)))
    proof = Proof(ID, 1000.0, "verified", manifest=digest_of(point))
    store.keep_proof(proof)
    assert store.proof(ID, read(written(point, KEY), KEY, "here")) == proof
    part = replace(point, parts=(part_of(stored(b"another", store, KEYS)),))
    with pytest.raises(Damaged, match="something else than what the point holds"):
        store.proof(ID, part)
    [name] = [name for name in blobs.held if name.startswith("proofs/")]
    blobs.held[name.replace(ID, other)] = blobs.held[name]
    with pytest.raises(Damaged, match=f"the proof of another point, {ID}"):
        store.proof(other)
    told = store.last_look(replace(point, id=other))
    assert told is not None
    assert (told.outcome, "the proof of another point" in told.why) == ("unverified", True)
    again = Proof(other, 2000.0, "verified")
    store.keep_proof(again)
    assert store.proof(other) == again


def test_two_proofs_of_one_moment_are_both_kept() -> None:
    store, blobs = new_store(KEYS)
    for outcome in ("verified", "failed"):
        store.keep_proof(Proof(ID, 1000.0, outcome))
    assert len(blobs.held) == 2


def test_the_newest_point_whose_proof_failed_is_not_the_newest_good_one() -> None:
    store, _ = new_store(KEYS)
    other = "20261128t075213z-3f09ab"
    for id in (ID, other):
        store.keep(point_of(id=id))
    assert store.newest_good().id == other
    store.keep_proof(Proof(other, 1000.0, "failed"))
    assert store.newest_good().id == ID


def test_what_cannot_be_read_is_passed_over_and_told() -> None:
    store, blobs = new_store(KEYS)
    torn, unknown = "20261128t075214z-3f09ab", "20261128t075213z-3f09ab"
    for id in (ID, unknown):
        store.keep(point_of(part_of(stored(b"data", store, KEYS)), id=id))
    blobs.held[f"points/{torn}.json"] = b"{"
    blobs.held[f"proofs/{unknown}/1.json"] = b"{"
    for found in (
        store.newest_good,
        partial(store.newest_good, "postgres"),
        store.newest_whole,
    ):
        said = list[str]()
        assert found(told=said.append).id == ID
        assert [line.split(": ")[0] for line in dict.fromkeys(said)] == [
            f"{torn} is passed over",
            f"{unknown} is passed over",
        ]
    store.keep_proof(Proof(ID, 1000.0, "failed"))
    assert store.newest_good().id == unknown, "the newest that can be read, where none is good"
    for name in (ID, unknown):
        blobs.held[f"points/{name}.json"] = b"{"
    with pytest.raises(Damaged, match=torn):
        store.newest_good()


def test_a_store_that_does_not_answer_is_not_passed_over() -> None:
    class Dies(MemoryBlobs):
        def get(self, name: str) -> bytes:
            raise Unreachable("nobody answers")

    store = Store(Dies(), KEY)
    for id in (ID, "20261128t075213z-3f09ab"):
        store.keep(point_of(id=id))
    said = list[str]()
    with pytest.raises(Unreachable):
        store.newest_good(told=said.append)
    assert said == []


def test_the_newest_whole_point_has_all_that_is_declared() -> None:
    store, _ = new_store(KEYS)
    one, two, gone = (
        part_of(stored(name.encode(), store, KEYS), name) for name in ("db", "cache", "gone")
    )
    ids = [f"20261128t07521{number}z-3f09ab" for number in range(4)]
    for id, parts in zip(ids, ((one, two, gone), (one, two), (one, two), (two,)), strict=True):
        store.keep(point_of(*parts, id=id))
    assert store.newest_good().id == ids[3]
    assert store.newest_whole().id == ids[0]
    assert store.newest_whole({"db", "cache"}).id == ids[2]
    store.keep_proof(Proof(ids[2], 1000.0, "failed"))
    assert store.newest_whole({"db", "cache"}).id == ids[1]


def test_packs_that_no_point_names_are_swept_unless_a_point_is_damaged() -> None:
    store, blobs = new_store(KEYS)
    store.keep(point_of(part_of(stored(b"kept", store, KEYS))))
    stored(b"left by a kill", store, KEYS)
    blobs.held["points/20261128t075213z-3f09ab.json"] = b"{"
    assert store.sweep() == 0
    del blobs.held["points/20261128t075213z-3f09ab.json"]
    assert store.sweep() == 1
    assert store.sweep() == 0
    assert store.pack(store.point("latest").parts[0].packs[0])


def test_a_store_is_known_by_its_identity_alone() -> None:
    store, blobs = new_store(KEYS)
    store.share_key(KEYS.seal)
    store.keep(point_of())
    assert opened(blobs, KEYS.opener).point("latest") == point_of()
    with pytest.raises(Damaged, match="cannot be opened"):
        opened(blobs, new_keys().opener)
    del blobs.held[MAC_KEY]
    with pytest.raises(UsageError, match="no restore points here"):
        opened(blobs, KEYS.opener)


def test_the_name_of_a_pack_says_what_it_holds() -> None:
    store, blobs = new_store(KEYS)
    pack = stored(b"data", store, KEYS).packs[0]
    assert list(blobs.held) == [name_in_store(pack)]
    assert name_in_store(pack).startswith(f"packs/{pack.name[:2]}/")

"""What builds on what, and when a whole one is due."""

import io
import tarfile
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, point_of, stored
from vrooli.backup import packs, streams
from vrooli.backup.chains import LONGEST, base_for, chain_of, room_of
from vrooli.backup.combining import Combine
from vrooli.backup.point import Part
from vrooli.backup.proof import Proof
from vrooli.backup.proving import Prover
from vrooli.backup.store import Store
from vrooli.backup.tails import last_file
from vrooli.core.errors import Damaged
from vrooli.host.memory.clock import MemoryClock

KEYS = new_keys()
NOW = {"system": "7", "timeline": 1}
SOURCE = "postgres-physical"


def _id(number: int) -> str:
    return f"20261128t07{number:02}00z-3f09ab"


def _part(store: Store, base: str = "", **after: Any) -> Part:
    facts = {"after": {**NOW, **after}, **({"base": base} if base else {})}
    return replace(part_of(stored(b"x" * 100, store, KEYS)), facts=facts)


def _chain(length: int) -> Store:
    store, _ = new_store(KEYS)
    for number in range(length):
        store.keep(point_of(_part(store, _id(number - 1) if number else ""), id=_id(number)))
    return store


def test_a_chain_begins_with_the_whole_one() -> None:
    store = _chain(3)
    last = store.point(_id(2)).parts[0]
    assert [part.facts.get("base") for part in chain_of(last, store)] == [None, _id(0), _id(1)]
    assert room_of(last, store) > 3 * 100
    assert room_of(store.point(_id(0)).parts[0], store) == 100


def test_a_chain_with_a_hole_or_a_circle_is_damaged() -> None:
    store = new_store(KEYS)[0]
    store.keep(point_of(_part(store, _id(1)), id=_id(1)))
    with pytest.raises(Damaged, match="without end"):
        chain_of(store.point(_id(1)).parts[0], store)
    whole = _chain(2)
    whole.blobs.delete(f"points/{_id(0)}.json")
    with pytest.raises(Damaged, match="builds on it"):
        chain_of(whole.point(_id(1)).parts[0], whole)


def test_the_newest_point_is_built_on() -> None:
    assert base_for("postgres", SOURCE, NOW, _chain(3)).point == _id(2)
    assert "no point yet" in base_for("postgres", SOURCE, NOW, new_store(KEYS)[0]).why


@pytest.mark.parametrize(
    ("now", "why"),
    [({"system": "8"}, "another cluster"), ({"timeline": 2}, "another timeline")],
)
def test_another_cluster_is_not_built_on(now: dict[str, Any], why: str) -> None:
    assert why in base_for("postgres", SOURCE, {**NOW, **now}, _chain(1)).why


def test_a_chain_does_not_grow_for_ever() -> None:
    assert "builds on" in base_for("postgres", SOURCE, NOW, _chain(LONGEST)).why


def test_a_point_whose_proof_failed_is_not_built_on() -> None:
    store = _chain(2)
    store.keep_proof(Proof(_id(1), 1.0, "failed"))
    assert base_for("postgres", SOURCE, NOW, store).point == _id(0)
    store.keep_proof(Proof(_id(0), 1.0, "failed"))
    assert base_for("postgres", SOURCE, NOW, store).why == f"the proof of {_id(0)} failed"


def test_nothing_is_built_on_a_chain_of_which_a_proof_failed() -> None:
    store = _chain(3)
    store.keep_proof(Proof(_id(0), 1.0, "failed"))
    assert base_for("postgres", SOURCE, NOW, store).why == f"the proof of {_id(0)} failed"
    store.keep(point_of(_part(store), id=_id(3)))
    assert base_for("postgres", SOURCE, NOW, store).point == _id(3)


def test_a_proof_that_failed_counts_for_what_builds_on_the_part_that_did() -> None:
    store, said = _chain(3), list[str]()
    other = replace(_part(store, _id(1)), service="redis")
    store.keep(point_of(other, id=_id(3)))
    prover = Prover(store, KEYS, MemoryClock(), lambda: 0, lambda _: None, said.append, _none)
    first = store.point(_id(0))
    assert prover.along(first, Proof(_id(0), 5.0, "verified")) == []
    found = prover.along(first, Proof(_id(0), 5.0, "failed", (), "no server starts on it"))
    assert {one.point for one in found} == {_id(1), _id(2)}
    assert store.proof(_id(2)) == found[-1]
    assert found[-1].why == f"it builds on {_id(0)}: no server starts on it"
    well = Proof(_id(0), 5.0, "failed", (), "redis", facts={"postgres": {}})
    assert prover.along(first, well) == [], "postgres of it held"


def _none(_: Part) -> Combine:
    raise AssertionError("nothing is fetched")


def _tar(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("size", [1000, 700_000])
def test_the_last_file_is_found_from_the_end(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    for module in (packs, streams):
        monkeypatch.setattr(module, "PIECE", 64 * 1024)
    store, wanted = new_store(KEYS)[0], bytes(range(250)) * (size // 250)
    forged = _tar(("manifest", b"forged"))[:1024]
    tar = _tar(("PG_VERSION", b"18"), ("a", forged), ("manifest", wanted))
    part = part_of(stored(tar, store, KEYS))
    assert last_file(part, "manifest", store, KEYS) == wanted
    with pytest.raises(Damaged, match="there is no other"):
        last_file(part, "other", store, KEYS)

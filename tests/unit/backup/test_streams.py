"""From bytes to packs and back: nothing is lost, nothing wrong is taken for right."""

import hmac
import random
from dataclasses import replace

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, stored
from vrooli.backup import streams
from vrooli.backup.packs import name_in_store
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, StorageError
from vrooli.host.memory.blobs import MemoryBlobs


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pieces of few bytes."""
    monkeypatch.setattr(streams, "PIECE", 1000)


KEYS = new_keys()
DATA = random.Random(6).randbytes(5500)


def _made() -> tuple[Part, Store, MemoryBlobs]:
    store, blobs = new_store(KEYS)
    return part_of(stored(DATA, store, KEYS)), store, blobs


def _read(part: Part, store: Store) -> bytes:
    reader = streams.PartReader(part, store, KEYS.opener, 2, lambda _: None)
    with reader:
        return reader.read()


def test_what_went_in_comes_out() -> None:
    part, store, _ = _made()
    assert [pack.plain for pack in part.packs] == [1000] * 5 + [500]
    assert _read(part, store) == DATA


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 3000])
def test_every_length_comes_out(size: int) -> None:
    store, _ = new_store(KEYS)
    part = part_of(stored(DATA[:size], store, KEYS))
    assert part.plain == size
    assert _read(part, store) == DATA[:size]


def test_nothing_readable_lies_in_the_store() -> None:
    store, blobs = new_store(KEYS)
    stored(b"correct horse battery staple" * 100, store, KEYS)
    assert not any(b"horse" in body for body in blobs.held.values())


def test_every_flipped_bit_is_seen() -> None:
    part, store, blobs = _made()
    dice = random.Random(7)
    for _ in range(100):
        name = name_in_store(dice.choice(part.packs))
        good = blobs.held[name]
        bad = bytearray(good)
        bad[dice.randrange(len(bad))] ^= 1 << dice.randrange(8)
        blobs.held[name] = bytes(bad)
        with pytest.raises(Damaged, match="not what was stored"):
            _read(part, store)
        blobs.held[name] = good
    assert _read(part, store) == DATA


def test_a_missing_a_cut_and_an_exchanged_piece_are_seen() -> None:
    part, store, blobs = _made()
    first, second = (name_in_store(pack) for pack in part.packs[:2])
    good = dict(blobs.held)
    del blobs.held[first]
    with pytest.raises(Damaged, match="missing"):
        _read(part, store)
    blobs.held |= {first: good[first][:-1]}
    with pytest.raises(Damaged, match="not what was stored"):
        _read(part, store)
    blobs.held |= {first: good[second]}
    with pytest.raises(Damaged, match="not what was stored"):
        _read(part, store)


def test_whole_pieces_in_another_order_are_not_what_was_read() -> None:
    part, store, _ = _made()
    turned = replace(part, packs=(part.packs[1], part.packs[0], *part.packs[2:]))
    with pytest.raises(Damaged, match="not what was read then"):
        _read(turned, store)
    with pytest.raises(Damaged, match="not what was read then"):
        _read(replace(part, packs=part.packs[:-1]), store)


def test_another_key_opens_nothing() -> None:
    part, store, _ = _made()
    reader = streams.PartReader(part, store, new_keys().opener, 2, lambda _: None)
    with reader, pytest.raises(Damaged, match="cannot be opened"):
        reader.read()


def test_a_store_that_is_full_is_told_and_nothing_counts() -> None:
    store, blobs = new_store(KEYS)
    blobs.room = 2500
    with pytest.raises(StorageError, match="no room"):
        stored(DATA, store, KEYS)
    assert store.ids() == []


def test_a_part_with_a_digest_of_all_its_bytes_can_still_be_read() -> None:
    part, store, _ = _made()
    packs = tuple(replace(pack, mark="") for pack in part.packs)
    old = replace(part, digest=hmac.new(KEYS.mac, DATA, "sha256").hexdigest(), packs=packs)
    assert _read(old, store) == DATA
    with pytest.raises(Damaged, match="not what was read then"):
        _read(replace(old, packs=(packs[1], packs[0], *packs[2:])), store)


def test_a_whole_piece_that_is_another_ones_is_seen_by_its_mark() -> None:
    part, store, _ = _made()
    first, second = part.packs[:2]
    swapped = (replace(first, mark=second.mark), replace(second, mark=first.mark), *part.packs[2:])
    digest = streams.digest_of(swapped, KEYS.mac)
    with pytest.raises(Damaged, match="not what was read then"):
        _read(replace(part, packs=swapped, digest=digest), store)


def test_of_a_proved_part_each_pack_is_looked_at_and_its_length() -> None:
    part, store, blobs = _made()
    good = streams.proved(part)
    assert _read(good, store) == DATA
    with pytest.raises(Damaged, match="not what was read then"):
        _read(replace(good, packs=good.packs[:-1]), store)
    name = name_in_store(part.packs[2])
    blobs.held[name] = blobs.held[name_in_store(part.packs[1])]
    with pytest.raises(Damaged, match="not what was stored"):
        _read(good, store)

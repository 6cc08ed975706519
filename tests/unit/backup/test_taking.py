"""What is stored of files that still grow, and what becomes of it when they never end."""

import asyncio
import io
import random
import tarfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.backup.made import ID, new_keys, new_store
from vrooli.backup import growing, streams, taring
from vrooli.backup.point import Point
from vrooli.backup.store import Store
from vrooli.backup.taking import Subject, Taker
from vrooli.core.errors import StartFailed
from vrooli.host.clock import SystemClock
from vrooli.host.memory.blobs import MemoryBlobs
from vrooli.host.outputs import LocalOutputs
from vrooli.stack.backing import Backing, Found, Member, Members
from vrooli.stack.upgrading import Told

PIECE = taring.LARGE
DATA = random.Random(6).randbytes(5 * PIECE + 7)
KEYS = new_keys()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pieces of few bytes."""
    for module in (growing, streams, taring):
        monkeypatch.setattr(module, "PIECE", PIECE)


class Dumped(Backing):
    """One file, which is written while it begins.

    Attributes:
        awaited: packs that are in the store before its end is written.
        patience: seconds that it waits for them.
        hangs: whether that is never.
        fails: whether it fails then.
        changes: whether what was written changes then.
        early: packs that were there at its end.
        ended: how often it was told to end.
    """

    form = "dumped"

    def __init__(self, folder: Path, blobs: MemoryBlobs, awaited: int = 0) -> None:
        self.file, self.blobs, self.awaited = folder / "dump" / "1.dat", blobs, awaited
        self.hangs = self.fails = self.changes = False
        self.early, self.ended, self.patience = 0, 0, 20.0

    def growing(self) -> Path | None:
        """See the base."""
        return self.file.parent

    async def begin(self) -> None:
        """See the base."""
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_bytes(DATA[: 3 * PIECE])
        if self.hangs:
            await asyncio.Event().wait()
        await asyncio.to_thread(self._wait)
        if self.fails:
            raise StartFailed("it ended", where="here", next_step="again")
        self.early = packs(self.blobs)
        self.file.write_bytes(self.data)

    def _wait(self) -> None:
        until = time.monotonic() + self.patience
        while packs(self.blobs) < self.awaited and time.monotonic() < until:
            time.sleep(0.001)

    @property
    def data(self) -> bytes:
        """What is in it at its end."""
        return b"x" * 9 + DATA[9:] if self.changes else DATA

    async def end(self) -> None:
        """See the base."""
        self.ended += 1
        self.file.unlink(missing_ok=True)

    async def ask(self) -> Mapping[str, Any]:
        """See the base."""
        return {"bytes": len(DATA), "system": "1"}

    def program(self) -> Members:
        """See the base."""
        return Members("store it", self._members)

    def _members(self) -> Iterator[Member]:
        info = tarfile.TarInfo("1.dat")
        info.size = self.file.stat().st_size
        with self.file.open("rb") as file:
            yield Member(info, file, grows=True)

    async def prepare(self) -> str:
        """See the base."""
        return ""

    async def prove(self, told: Told) -> Found:
        """See the base."""
        return Found(())

    async def clean(self) -> None:
        """See the base."""

    @property
    def user(self) -> str | None:
        """See the base."""
        return None


def packs(blobs: MemoryBlobs) -> int:
    """How many the store has."""
    return sum(name.startswith("packs/") for name in list(blobs.held))


def _take(backing: Backing, store: Store, id: str = ID, rate: int = 0) -> Point:
    async def taken() -> Point:
        about, subjects = ("test", "here", "0"), [Subject("postgres", backing)]
        return await asyncio.wait_for(taker.take(id, about, subjects), 20)

    taker = Taker(
        store, KEYS, LocalOutputs(), SystemClock(), 2, lambda: 2**40, False,
        lambda *_: None, rate=rate,
    )  # fmt: skip
    return asyncio.run(taken())


def _held(point: Point, store: Store) -> bytes:
    with streams.PartReader(point.parts[0], store, KEYS.opener, 2, lambda _: None) as reader:
        whole = io.BytesIO(reader.read())
    with tarfile.open(fileobj=whole) as tar:
        file = tar.extractfile("1.dat")
        return file.read() if file is not None else b""


def test_what_was_stored_while_it_grew_is_not_stored_again(tmp_path: Path) -> None:
    store, blobs = new_store(KEYS)
    backing = Dumped(tmp_path, blobs, awaited=3)
    part = _take(backing, store).parts[0]
    assert (backing.early, backing.ended) == (3, 1)
    assert packs(blobs) == len(part.packs)
    assert sum(pack.size for pack in part.packs) == part.facts["added"]
    assert _held(store.point(ID), store) == DATA


def test_nothing_that_was_read_early_is_believed(tmp_path: Path) -> None:
    store, blobs = new_store(KEYS)
    backing = Dumped(tmp_path, blobs, awaited=3)
    backing.changes = True
    assert _held(_take(backing, store), store) == backing.data != DATA


def test_what_is_known_is_not_stored_early(tmp_path: Path) -> None:
    store, blobs = new_store(KEYS)
    _take(Dumped(tmp_path, blobs), store)
    assert _take(Dumped(tmp_path, blobs), store, ID + "0").parts[0].facts["added"] == 0


def test_a_proof_that_is_damaged_ends_no_backup_and_nothing_of_its_point_is_believed(
    tmp_path: Path,
) -> None:
    store, blobs = new_store(KEYS)
    _take(Dumped(tmp_path, blobs), store)
    blobs.held[f"proofs/{ID}/1.json"] = b"{"
    assert _take(Dumped(tmp_path, blobs), store, ID + "0").parts[0].facts["added"] > 0


def test_with_a_rate_nothing_is_stored_early(tmp_path: Path) -> None:
    store, blobs = new_store(KEYS)
    backing = Dumped(tmp_path, blobs, awaited=1)
    backing.patience = 0.3
    _take(backing, store, rate=2**40)
    assert (backing.early, backing.ended) == (0, 1)


def test_what_fails_meanwhile_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    store, blobs = new_store(KEYS)
    backing = Dumped(tmp_path, blobs, awaited=1)
    backing.fails = True
    with pytest.raises(StartFailed, match="it ended"):
        _take(backing, store)
    assert (backing.ended, backing.file.exists(), store.ids()) == (1, False, [])


def test_a_store_that_takes_no_more_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, blobs = new_store(KEYS)
    backing, put = Dumped(tmp_path, blobs), blobs.put
    backing.hangs = True

    def full(name: str, data: bytes) -> bool:
        if name.startswith("packs/"):
            raise StartFailed("full", where="store", next_step="make room")
        return put(name, data)

    monkeypatch.setattr(blobs, "put", full)
    with pytest.raises(StartFailed, match="full"):
        _take(backing, store)
    assert (backing.ended, backing.file.exists(), store.ids()) == (1, False, [])

"""From what a program writes to packs in a store, and back. Compressing and sealing go on in
several threads while the next piece is read; pieces keep their order.
"""

import hashlib
import hmac
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from vrooli.backup.packs import PIECE, damaged, mark, name_in_store, pack, unpack
from vrooli.backup.point import Pack, Part
from vrooli.backup.sealing import Opener, Seal
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged

Told = Callable[[int], None]
"""Takes how many bytes are done."""

_BY_MARKS = "marks:"
"""How a digest begins that is one of marks."""

_PROVED = "proved"
"""In the place of a digest: the names of the packs say enough."""


class Readable(Protocol):
    """What can be read into a buffer; 0 at its end."""

    def readinto(self, buffer: memoryview) -> int:
        """Bytes put into it."""
        ...


class Stored:
    """What was written: its packs, its length, and `added`, the bytes that were not in the store
    before.
    """

    def __init__(self, key: bytes) -> None:
        self.packs: list[Pack] = []
        self.plain = self.added = 0
        self._key = key

    def keep(self, one: Pack, new: bool) -> None:
        """The pack of a piece, in their order."""
        self.packs.append(one)
        self.added += one.size if new else 0

    @property
    def digest(self) -> str:
        """Of all of it."""
        return digest_of(self.packs, self._key)


def digest_of(packs: Iterable[Pack], key: bytes) -> str:
    """What a part is known by: of the marks of its pieces, which several threads can look at. One
    of all of its bytes, as older points have, takes one thread, and keeps all others waiting.
    """
    marks = "".join(pack.mark for pack in packs)
    return _BY_MARKS + hmac.digest(key, marks.encode(), "sha256").hex()


def proved(part: Part) -> Part:
    """A part all of whose pieces were once read, and were what had been written: packs of the same
    names hold the same, and are not looked at twice. What another program keeps has no such names.
    """
    return replace(part, digest=_PROVED) if part.packs else part


def write(
    pieces: Iterable[bytearray],
    store: Store,
    seal: Seal,
    workers: int,
    told: Told,
    known: Mapping[str, Pack] | None = None,
) -> Stored:
    """Have `pieces` in `store`.

    Args:
        pieces: what is read, in its order.
        store: where they go.
        seal: what closes them.
        workers: threads that compress.
        told: gets how many bytes were read.
        known: packs that are there, by the marks of their pieces: none of these is stored again.

    Raises:
        StorageError, Unreachable: the store takes no more.
    """
    stored, waiting = Stored(store.key), deque[Future[tuple[Pack, bool]]]()

    def one(piece: bytearray) -> tuple[Pack, bool]:
        name = mark(piece, store.key)
        if (there := (known or {}).get(name)) is not None and there.plain == len(piece):
            return there, False
        made = pack(memoryview(piece), seal, name)
        store.keep_pack(made.pack, made.body)
        return made.pack, True

    with ThreadPoolExecutor(workers, thread_name_prefix="pack") as pool:
        try:
            for piece in pieces:
                stored.plain += len(piece)
                waiting.append(pool.submit(one, piece))
                if len(waiting) > workers:
                    stored.keep(*waiting.popleft().result())
                told(stored.plain)
            for future in waiting:
                stored.keep(*future.result())
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return stored


def pieces(stream: Readable) -> Iterator[bytearray]:
    """Pieces of the same size, but for the last one."""
    while True:
        piece = bytearray(PIECE)
        filled, view = 0, memoryview(piece)
        while filled < PIECE and (got := stream.readinto(view[filled:])):
            filled += got
        view.release()
        if filled < PIECE:
            del piece[filled:]
        if filled:
            yield piece
        if filled < PIECE:
            return


class PartReader(io.RawIOBase):
    """A part as a stream of its bytes. Its end is reached only when its digest is the right one;
    of one that was `proved`, each pack is looked at, and what is in it is not compared again.

    Args:
        ahead: pieces that are fetched and opened while one is read.
    """

    def __init__(self, part: Part, store: Store, opener: Opener, ahead: int, told: Told) -> None:
        super().__init__()
        self._part, self._store, self._opener, self._told = part, store, opener, told
        self._pool = ThreadPoolExecutor(ahead, thread_name_prefix="unpack")
        self._left = deque(part.packs)
        self._coming: deque[Future[bytes | bytearray]] = deque()
        self._piece = memoryview(b"")
        self._ahead = ahead
        self._done = 0
        self._by_marks = part.digest.startswith(_BY_MARKS)
        self._was_proved = part.digest == _PROVED
        self._seen = hmac.new(store.key, digestmod=hashlib.sha256)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """See the base.

        Raises:
            Damaged: a piece is, or they are not those that were written.
        """
        view = self.some(len(buffer))
        buffer[: len(view)] = view
        return len(view)

    def some(self, most: int) -> memoryview:
        """The next bytes, as far as one piece has them; nothing at the end. They stay what they are
        until the piece is let go of.

        Raises:
            Damaged: as of `readinto`.
        """
        if not self._piece and not self._next():
            return memoryview(b"")
        view, self._piece = self._piece[:most], self._piece[most:]
        return view

    def close(self) -> None:
        """See the base."""
        if not self.closed:
            self._pool.shutdown(wait=True, cancel_futures=True)
        super().close()

    def _next(self) -> bool:
        while self._left and len(self._coming) <= self._ahead:
            self._coming.append(self._pool.submit(self._fetched, self._left.popleft()))
        if not self._coming:
            self._require_all()
            return False
        self._piece = memoryview(self._coming.popleft().result())
        if not (self._by_marks or self._was_proved):
            self._seen.update(self._piece)
        self._done += len(self._piece)
        self._told(self._done)
        return True

    def _fetched(self, one: Pack) -> bytes | bytearray:
        where = f"{self._store.where}: {name_in_store(one)}"
        return self._known(unpack(one, self._store.pack(one), self._opener, where), one, where)

    def _known(self, piece: bytes | bytearray, one: Pack, where: str) -> bytes | bytearray:
        if self._by_marks and not hmac.compare_digest(mark(piece, self._store.key), one.mark):
            raise damaged(where, "it is whole, and is not what was read then")
        return piece

    def _require_all(self) -> None:
        part = self._part
        if self._done != part.plain or not hmac.compare_digest(self._digest(), part.digest):
            raise Damaged(
                f"the pieces of {part.source} of {part.service or 'the stack'} are whole, and are "
                "not what was read then",
                where=self._store.where,
                next_step="take another restore point; please report this",
            )

    def _digest(self) -> str:
        if self._was_proved:
            return _PROVED
        if self._by_marks:
            return digest_of(self._part.packs, self._store.key)
        return self._seen.hexdigest()

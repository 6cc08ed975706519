"""Parts of restore points that lie whole in a place of another program, and not as our packs: which
go there, and how they are read back.
"""

from dataclasses import replace
from typing import Protocol, runtime_checkable

from vrooli.backup.keys import Keys
from vrooli.backup.packs import damaged
from vrooli.backup.point import ARCHIVES, Pack, Part, Point
from vrooli.backup.store import Store
from vrooli.backup.streams import PartReader, Told
from vrooli.core.ports.outputs import Output

HELD = frozenset({"files", "system", *ARCHIVES})
"""Sources whose parts go there: of what a server writes at random, increments and WAL cost less."""

WHOLE = "whole"
"""In the facts of a part: the name under which it lies there, as a tar."""

PIECES = "pieces"
"""The same: bytes and mark of each piece that it was read in, by which it is known again."""

PIECE = 1024 * 1024


@runtime_checkable
class Wholes(Protocol):
    """Blobs of which some are larger than fits into memory."""

    def whole(self, name: str) -> Output:
        """The bytes of one.

        Raises:
            NotStored: there is none of this name.
        """
        ...


def held(point: Point) -> Point | None:
    """The point, with what is held of it; None where that is nothing. Pure."""
    parts = tuple(_whole(point, part) for part in point.parts if part.source in HELD)
    return replace(point, parts=parts) if parts else None


def is_held(point: Point) -> bool:
    """Whether it is what is held of one, and may lack other parts of it. Pure."""
    return any(WHOLE in part.facts for part in point.parts)


def _whole(point: Point, part: Part) -> Part:
    name = f"parts/{point.id}/{part.service}.tar"
    pieces = [[pack.plain, pack.mark] for pack in part.packs]
    facts = {**part.facts, WHOLE: name, PIECES: pieces}
    return replace(part, packs=(), facts=facts)


def opened(part: Part, store: Store, keys: Keys, ahead: int, told: Told) -> PartReader:
    """The bytes of a part, wherever they lie.

    Args:
        part: which one.
        store: where it is.
        keys: what opens its pieces.
        ahead: pieces that are fetched and opened while one is read.
        told: gets how many bytes are done.

    Raises:
        NotStored: it is not there.
    """
    name = part.facts.get(WHOLE)
    if name and isinstance(store.blobs, Wholes):
        return _ForeignReader(part, store, keys, store.blobs.whole(str(name)), told)
    return PartReader(part, store, keys.opener, ahead, told)


class _ForeignReader(PartReader):
    """As a program writes it. Its end too is reached only when its digest is the right one."""

    def __init__(self, part: Part, store: Store, keys: Keys, output: Output, told: Told) -> None:
        pieces = part.facts.get(PIECES) or ()
        packs = tuple(Pack("", 0, int(plain), str(mark)) for plain, mark in pieces)
        super().__init__(replace(part, packs=packs), store, keys.opener, 1, told)
        self._output = output

    def _fetched(self, one: Pack) -> bytes | bytearray:
        piece = bytearray(one.plain)
        filled, view = 0, memoryview(piece)
        while filled < one.plain and (got := self._output.readinto(view[filled:])):
            filled += got
        return self._known(piece, one, self._store.where)

    def _require_all(self) -> None:
        if self._output.readinto(memoryview(bytearray(1))):
            raise damaged(self._store.where, "more was stored than was read then")
        self._output.finish()
        super()._require_all()

    def close(self) -> None:
        """See the base."""
        self._output.end()
        super().close()

"""A tar of our own making, cut into pieces so that what did not change is the same piece again.

Pieces end where large files begin and end, and between small ones where their names say so: one
that comes, goes or grows moves the others, and leaves their pieces as they are. Those of a large
file are whole but for the last one, so that they can be told before its end is there.
"""

import hashlib
import tarfile
from collections.abc import Callable, Collection, Iterator

from vrooli.backup.packs import PIECE
from vrooli.core.errors import StartFailed
from vrooli.stack.backing import Member, Members

LARGE = 256 * 1024
"""Bytes of a file from which on it has pieces of its own."""

_SMALLEST = 64 * 1024
"""Bytes of a piece that only small files are in; fewer at the end, or before a large one."""

_EVERY = 16
"""One of so many small files begins a piece."""

_CHUNK = 1024 * 1024


def pieces(
    members: Members, before: Collection[int], require: Callable[[], None]
) -> Iterator[bytearray]:
    """The tar, in pieces.

    Args:
        members: what is in it.
        before: where the pieces of the last one ended; the rest of a file that only grew is cut
            there again. What is before its rest is in whole pieces, wherever the file begins.
        require: called now and then; raises when it is to end.

    Raises:
        StartFailed: a file had less in it than it said, or could not be read.
    """
    cutter = _Cutter(sorted(before))
    for member in members.all():
        require()
        info = member.info
        alone = member.grows or info.size >= LARGE
        if not alone and cutter.held >= _SMALLEST and _begins(info.name):
            yield from cutter.cut()
        yield from cutter.add(_header(info))
        if member.content is None:
            continue
        if alone:
            yield from cutter.cut()
        rest, again = info.size // PIECE * PIECE, False
        for at, chunk in _content(member, members.title):
            require()
            if at == rest:
                again = member.grows and cutter.was_cut
            yield from cutter.add(chunk, again=again)
        if alone:
            yield from cutter.cut()
        yield from cutter.add(bytes(-info.size % tarfile.BLOCKSIZE))
    yield from cutter.add(bytes(2 * tarfile.BLOCKSIZE))
    yield from cutter.cut()


def _header(info: tarfile.TarInfo) -> bytes:
    """With names of any bytes, of any length."""
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _begins(name: str) -> bool:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[0] % _EVERY == 0


def _content(member: Member, title: str) -> Iterator[tuple[int, bytes]]:
    """Chunks, of which none is in two pieces of a file, each with where it begins."""
    at, left = 0, member.info.size
    while left:
        try:
            most = min(left, _CHUNK, PIECE - at % PIECE)
            chunk = member.content.read(most) if member.content else b""
        except OSError as error:
            raise StartFailed(
                f"could not {title}: a file cannot be read: {error.strerror}",
                where=member.info.name,
                next_step="look at its disk, then take it again",
            ) from error
        if not chunk:
            raise StartFailed(
                f"could not {title}: a file ended {left} bytes before its end",
                where=member.info.name,
                next_step="take it again; when it stays so, look at its disk",
            )
        left -= len(chunk)
        yield at, chunk
        at += len(chunk)


class _Cutter:
    """Collects bytes, and hands them out as pieces.

    Attributes:
        held: bytes that are in no piece yet.
    """

    def __init__(self, before: list[int]) -> None:
        self._before, self._all = before[::-1], frozenset(before)
        self._at = 0
        self._piece = bytearray()

    @property
    def held(self) -> int:
        return len(self._piece)

    @property
    def was_cut(self) -> bool:
        """Whether the last tar was cut here as well: what follows may be what followed then."""
        return self._at in self._all

    def add(self, data: bytes, *, again: bool = False) -> Iterator[bytearray]:
        """With `again` pieces also end where those of the last tar did."""
        view = memoryview(data)
        while view:
            room = PIECE - len(self._piece)
            if again and (border := self._border()) is not None:
                room = min(room, border - self._at)
            self._piece += view[:room]
            self._at += len(view[:room])
            view = view[room:]
            if len(self._piece) == PIECE or (again and self._at in self._before[-1:]):
                yield from self.cut()

    def cut(self) -> Iterator[bytearray]:
        """What is held is a piece."""
        if self._piece:
            piece, self._piece = self._piece, bytearray()
            yield piece

    def _border(self) -> int | None:
        """The next one."""
        while self._before and self._before[-1] <= self._at:
            self._before.pop()
        return self._before[-1] if self._before else None

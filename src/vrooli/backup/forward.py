"""A part as `tarfile` reads a file, which cannot go back, and hands out what it holds uncopied."""

import os
import tarfile
from collections.abc import Callable

from vrooli.backup.streams import PartReader

_VIEW = 4 * 1024 * 1024


class Forward:
    """A part, read once from its beginning to its end.

    Args:
        reader: the part.
    """

    def __init__(self, reader: PartReader) -> None:
        self._reader, self._at = reader, 0

    def tell(self) -> int:
        """Bytes that were read."""
        return self._at

    def seek(self, to: int) -> None:
        """Read over what is in front of it. Raises Damaged as the reader does."""
        if to < self._at:
            raise ValueError(f"a part is read forward only: {to} lies before {self._at}")
        while self._at < to and (view := self._reader.some(to - self._at)):
            self._at += len(view)

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end. Raises Damaged as the reader does."""
        found = bytearray()
        while len(found) < size and (view := self._reader.some(size - len(found))):
            found += view
        self._at += len(found)
        return bytes(found)

    def pour(self, member: tarfile.TarInfo, into: int, written: Callable[[int], None]) -> None:
        """Write what a member holds.

        Args:
            member: the last one that was read.
            into: descriptor of a file.
            written: gets how many bytes were written, each time.

        Raises:
            tarfile.ReadError: it ends in the middle.
            Damaged: as the reader does.
            OSError: the disk takes no more.
        """
        self.seek(member.offset_data)
        left = member.size
        while left:
            view = self._reader.some(min(left, _VIEW))
            if not view:
                raise tarfile.ReadError(f"{member.name} ends in the middle")
            size = len(view)
            while view:
                view = view[os.write(into, view) :]
            self._at += size
            left -= size
            written(size)

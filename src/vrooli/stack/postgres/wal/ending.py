"""Whether a server followed all WAL that it was given: one that meets damage takes it for the end,
and says nothing. Reads files; asks nobody.

What it was given lies in a folder, each file under its name; `ended-early` beside them says why
there is no more, where more was received.
"""

import json
import sys
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from vrooli.stack.postgres.clusters import start_of
from vrooli.stack.postgres.wal.names import SEGMENT, lsn_of, segment_of

WHY = "ended-early"

_PAGE = 8192
"""Bytes of a page of WAL, unless PostgreSQL was built otherwise."""

_LONG, _OTHER, _REST = 40, 24, 16
"""Bytes of the header of the first page of a segment, and of each other one; and where in it the
length of the rest of a record stands that began on a page before (PostgreSQL's xlog_internal.h:
XLogLongPageHeaderData, XLogPageHeaderData, xlp_rem_len).
"""

_LIMIT = 4096


@dataclass(frozen=True)
class Given:
    """The WAL in a folder.

    Attributes:
        files: by number of the segment.
        size: bytes of each.
    """

    files: dict[int, Path]
    size: int

    def not_followed(self, end: int) -> str:
        """What was there behind `end`, the position at which a server stopped; empty when that was
        the end of it, or the beginning of something that was not written any more.
        """
        if not self.files or end >= self._written:
            return ""
        file = self.files.get(end // self.size)
        if file is None:
            return f"a file of WAL is missing at LSN {lsn_of(end)}"
        if self._ends_at(end) > self._written:
            return ""
        return f"WAL is damaged at LSN {lsn_of(end)}, in {file.name}"

    @cached_property
    def _written(self) -> int:
        """Position behind the last byte that is not 0: the rest of a segment is that."""
        for number in sorted(self.files, reverse=True):
            if content := self.files[number].read_bytes().rstrip(b"\0"):
                return number * self.size + len(content)
        return 0

    def _ends_at(self, position: int) -> int:
        """Where what begins at `position` ends, by its first four bytes; there, when they say
        nothing, or the next page says that something else went on.
        """
        at = position + self._header(position) if position % _PAGE == 0 else position
        length = self._number(at)
        while length:
            here = min(length, _PAGE - at % _PAGE)
            at, length = at + here, length - here
            if length and at < self._written and self._number(at + _REST) != length:
                return position
            at += self._header(at) if length else 0
        return at

    def _header(self, position: int) -> int:
        return _LONG if position % self.size == 0 else _OTHER

    def _number(self, position: int) -> int:
        """Four bytes; 0 in a file that is not there."""
        path = self.files.get(position // self.size)
        if path is None:
            return 0
        with path.open("rb") as file:
            file.seek(position % self.size)
            return int.from_bytes(file.read(4), sys.byteorder)


def has_its_pages(content: bytes, name: str) -> bool:
    """Whether each page of a whole segment says that it belongs there; a flipped bit between two
    headers is seen by nobody but who computes the sums of records. Pure.
    """
    start, written = segment_of(name, len(content)).number * len(content), content.rstrip(b"\0")
    magic = written[:2]
    return all(
        written[at : at + 2] == magic
        and int.from_bytes(content[at + 8 : at + 16], sys.byteorder) == start + at
        for at in range(0, len(written), _PAGE)
    )


def given_in(folder: Path) -> Given:
    """What lies there."""
    found = {path.name: path for path in folder.iterdir() if SEGMENT.fullmatch(path.name)}
    size = max((path.stat().st_size for path in found.values()), default=0)
    # Of two timelines the later one counts: it holds what it has of the other.
    return Given({segment_of(name, size).number: found[name] for name in sorted(found)}, size)


@dataclass(frozen=True, slots=True)
class Early:
    """Why there is no more of it, although more was received.

    Attributes:
        why: of that; empty where all is there.
        planned: whether it was known when the way was chosen.
    """

    why: str = ""
    planned: bool = False

    def write(self, folder: Path) -> None:
        """Have it told there."""
        (folder / WHY).write_text(json.dumps(asdict(self)), encoding="utf-8")


def early_in(folder: Path) -> Early:
    """What is told there."""
    try:
        return Early(**json.loads(start_of(folder / WHY, _LIMIT)))
    except FileNotFoundError:
        return Early()

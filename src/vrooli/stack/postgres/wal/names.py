"""Positions in the WAL, and the names of its files. Pure."""

import re
from dataclasses import dataclass

SLOT = "vrooli_wal"
"""Replication slot of the receiver, and the name by which a commit waits for it."""

SEGMENT = re.compile(r"[0-9A-F]{24}", re.ASCII)
HISTORY = re.compile(r"[0-9A-F]{8}\.history", re.ASCII)
PARTIAL = ".partial"

_LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}", re.ASCII)
_FIRST = 2**32

_SMALLEST, _USUAL = 2**20, 2**24
"""Bytes of a segment: what a cluster can have at the least, and has unless somebody asked for
another size (`initdb --wal-segsize`); always a power of two.
"""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A file of WAL.

    Attributes:
        number: counted from the beginning of all WAL.
        timeline: who wrote it.
    """

    number: int
    timeline: int


def is_lsn(text: str) -> bool:
    """Whether it is a position, like `0/16B3748`."""
    return _LSN.fullmatch(text) is not None


def position(lsn: str) -> int:
    """Bytes from the beginning of all WAL."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def lsn_of(position: int) -> str:
    """As PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def segment_of(name: str, size: int) -> Segment:
    """What a file of `size` bytes is by its name."""
    per = _FIRST // size
    return Segment(int(name[8:16], 16) * per + int(name[16:24], 16), int(name[:8], 16))


def name_of(segment: Segment, size: int) -> str:
    """The other way round."""
    per = _FIRST // size
    high, low = divmod(segment.number, per)
    return f"{segment.timeline:08X}{high:08X}{low:08X}"


def size_of(length: int) -> int:
    """Bytes of a segment of which so many are there: where its disk was full, it is shorter."""
    if length >= _SMALLEST and length.bit_count() == 1:
        return length
    return max(_USUAL, 1 << (length - 1).bit_length()) if length else 0


def history_of(timeline: int) -> str:
    """The file that tells where a timeline left others."""
    return f"{timeline:08X}.history"

"""Whether all WAL was followed is told by what lies behind where a server stopped."""

import struct
from pathlib import Path

from vrooli.stack.postgres.wal.ending import Early, early_in, given_in
from vrooli.stack.postgres.wal.names import Segment, name_of

PAGE, SIZE = 8192, 4 * 8192
FIRST = 7


class Written:
    """Segments with records, as PostgreSQL lays them out."""

    def __init__(self, folder: Path, segments: int) -> None:
        self._folder = folder
        self.content = bytearray(segments * SIZE)
        self.at, self.begins = 0, list[int]()

    def record(self, length: int) -> None:
        """One of that many bytes."""
        if self.at % PAGE == 0:
            self._page(0)
        self.begins.append(self.at)
        body = struct.pack("<I", length) + b"x" * (length - 4)
        while body:
            here = body[: PAGE - self.at % PAGE]
            self.content[self.at : self.at + len(here)] = here
            self.at, body = self.at + len(here), body[len(here) :]
            if body:
                self._page(len(body))
        self.at = -(-self.at // 8) * 8

    def _page(self, rest: int) -> None:
        header = struct.pack("<HHIQI", 0xD118, 0, 1, 0, rest)
        length = 40 if self.at % SIZE == 0 else 24
        self.content[self.at : self.at + length] = header.ljust(length, b"\0")
        self.at += length

    def not_followed(self, end: int) -> str:
        """From `end` on."""
        for number in range(len(self.content) // SIZE):
            name = name_of(Segment(FIRST + number, 1), SIZE)
            (self._folder / name).write_bytes(self.content[number * SIZE : (number + 1) * SIZE])
        return given_in(self._folder).not_followed(FIRST * SIZE + end)


def _written(folder: Path) -> Written:
    written = Written(folder, 3)
    for length in (100, 9000, 3000, 40_000, 500):
        written.record(length)
    return written


def test_the_end_is_where_nothing_follows(tmp_path: Path) -> None:
    assert given_in(tmp_path).not_followed(5) == ""
    written = _written(tmp_path)
    assert written.not_followed(written.at) == ""
    assert written.not_followed(3 * SIZE) == ""


def test_a_server_that_stopped_before_a_whole_record_met_damage(tmp_path: Path) -> None:
    written = _written(tmp_path)
    for begin in written.begins:
        assert "is damaged at LSN 0/" in written.not_followed(begin), begin
    written.content[written.begins[1] : written.begins[1] + 4] = bytes(4)
    assert "damaged" in written.not_followed(written.begins[1])
    # A length that was changed contradicts the page that follows.
    written.content[written.begins[1] : written.begins[1] + 4] = struct.pack("<I", 1 << 30)
    assert "damaged" in written.not_followed(written.begins[1])
    (tmp_path / name_of(Segment(FIRST, 1), SIZE)).unlink()
    assert "missing" in given_in(tmp_path).not_followed(FIRST * SIZE)


def test_what_was_begun_and_not_written_to_its_end_is_no_damage(tmp_path: Path) -> None:
    """A server sends also the beginning of a record, when it is on its disk."""
    written = _written(tmp_path)
    for begin, lost in ((written.begins[-1], 100), (written.begins[-2], 700)):
        end = written.at - lost
        written.content[end:] = bytes(len(written.content) - end)
        assert written.not_followed(begin) == "", begin


def test_why_there_is_no_more_is_told_beside_it(tmp_path: Path) -> None:
    assert early_in(tmp_path) == Early()
    Early("a file is missing", planned=True).write(tmp_path)
    assert early_in(tmp_path) == Early("a file is missing", planned=True)

"""A cluster as its server gives it out: what comes of every way in which the bytes may arrive."""

import io
import struct
import tarfile

import pytest

from vrooli.core.address import UnixPath
from vrooli.core.errors import StartFailed
from vrooli.stack.wire.base_backup import BaseBackup
from vrooli.stack.wire.dsn import Dsn

DSN = Dsn(UnixPath("/run/.s.PGSQL.5432"), "postgres", "secret", "postgres")
END = bytes(1024)
CONTENT = b"a page " * 5000


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def member(name: str, content: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info.tobuf() + content + bytes(-len(content) % 512)


READY = message(b"R", struct.pack("!I", 0)) + message(b"Z", b"I")
ARCHIVE = (member("zeros", bytes(4096)), member("page", CONTENT), member("empty", b""))
BEFORE = (
    message(b"T", b"start") + message(b"C", b"SELECT\0") + message(b"H", b"\0\0\0")
    + message(b"d", b"nbase.tar\0\0")
)  # fmt: skip


def data(content: bytes, size: int = 1024) -> bytes:
    """As a server sends it: in pieces, of which some look like the end of a tar."""
    pieces = (content[at : at + size] for at in range(0, len(content), size))
    return b"".join(message(b"d", b"d" + piece) for piece in pieces)


MANIFEST = message(b"d", b"m") + message(b"d", b'd{"Files"') + message(b"d", b"d: []}")
AFTER = message(b"c") + message(b"C", b"SELECT\0") + message(b"Z", b"I")
WHOLE = READY + BEFORE + data(b"".join(ARCHIVE)) + data(END) + MANIFEST + AFTER


class Said:
    """The port `Connection`: gives out `what`, at the most `most` bytes at once, then ends."""

    def __init__(self, what: bytes, most: int) -> None:
        self._what, self._most, self.told, self.ended = what, most, b"", False

    def readinto(self, buffer: memoryview) -> int:
        some = self._what[: min(self._most, len(buffer))]
        buffer[: len(some)] = some
        self._what = self._what[len(some) :]
        return len(some)

    def write(self, data: bytes) -> None:
        self.told += data

    def kill(self) -> None:
        self._what = b""

    def end(self) -> None:
        self.ended = True


def read(what: bytes, most: int = 65536, size: int = 700) -> bytes:
    """All of it, `size` bytes at once."""
    copy, got = BaseBackup(Said(what, most), DSN, "vrooli it's"), b""
    buffer = bytearray(size)
    while count := copy.readinto(memoryview(buffer)):
        got += buffer[:count]
    copy.finish()
    return got


@pytest.mark.parametrize(("most", "size"), [(1, 700), (7, 100_000), (1024, 1), (65536, 65536)])
def test_it_is_one_tar_with_the_manifest_at_its_end(most: int, size: int) -> None:
    got = read(WHOLE, most, size)
    with tarfile.open(fileobj=io.BytesIO(got)) as tar:
        content = {one.name: file.read() for one in tar if (file := tar.extractfile(one))}
    assert list(content) == ["zeros", "page", "empty", "backup_manifest"]
    assert (content["page"], content["zeros"]) == (CONTENT, bytes(4096))
    assert content["backup_manifest"] == b'{"Files": []}'
    assert got.endswith(END)
    assert got == read(WHOLE)


def test_what_is_asked_for() -> None:
    said = Said(WHOLE, 4096)
    BaseBackup(said, DSN, "vrooli it's").readinto(memoryview(bytearray(10)))
    assert b"replication\0true\0" in said.told
    assert b"BASE_BACKUP (LABEL 'vrooli it''s', CHECKPOINT 'fast', WAL," in said.told
    assert b"secret" not in said.told


DENIED = message(b"E", b"SFATAL\0C28000\0Mno pg_hba.conf entry\0\0")
CORRUPT = message(b"E", b"SERROR\0CXX001\0Mchecksum verification failure\0\0")
OTHER = message(b"d", b"n16400.tar\0/mnt/space\0")


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (DENIED, "the server refuses us: no pg_hba.conf entry"),
        (READY + BEFORE + data(CONTENT), "the connection was closed before its end"),
        (WHOLE[: -len(AFTER)], "the connection was closed before its end"),
        (WHOLE[: -len(AFTER)] + message(b"c") + CORRUPT, "checksum verification failure"),
        (READY + BEFORE + data(END) + AFTER, "without its end, or its manifest"),
        (READY + BEFORE + data(CONTENT) + MANIFEST + AFTER, "without its end, or its manifest"),
        (READY + OTHER, "tablespaces outside the data folder are not carried: 16400.tar"),
        (READY + b"HTTP/1.1 400 Bad Request", "longer than any honest one|unexpected message"),
    ],
)
def test_what_is_not_whole_is_no_copy(what: bytes, why: str) -> None:
    with pytest.raises(StartFailed, match=f"could not copy the cluster: .*({why})") as raised:
        read(what)
    assert raised.value.next_step


def test_one_that_is_left_in_the_middle_is_not_finished() -> None:
    said = Said(WHOLE, 4096)
    copy = BaseBackup(said, DSN, "x")
    copy.readinto(memoryview(bytearray(100)))
    with pytest.raises(StartFailed, match="not read to its end"):
        copy.finish()
    copy.kill()
    with pytest.raises(StartFailed, match="closed before its end"):
        copy.readinto(memoryview(bytearray(100_000)))
    copy.end()
    assert said.ended

"""What a Redis holds at one moment, as open files: whatever it renames or removes afterwards, they
stay what they were.
"""

import asyncio
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.errors import Busy, Damaged, StartFailed, StorageError
from vrooli.core.ports.clock import Clock
from vrooli.stack.backing import Member
from vrooli.stack.redis import aof
from vrooli.stack.redis.asker import Asker, Keyspace, number
from vrooli.stack.redis.identity import ID
from vrooli.stack.redis.witness import Witness, changes_between, drawn, moment, witness_read
from vrooli.stack.wire.resp import RedisError

NOTE = "vrooli-redis.json"
"""What was seen when it was taken, beside the data."""

DUMP = "dump.rdb"

_LONGEST_NOTE = 1024 * 1024
_LONGEST_ID = 64

_PATIENCE = 3600.0
"""Seconds for a save."""

_FLUSHED = 5.0
"""Seconds for what is not in its file yet, while the disk is busy."""

_PAUSE = 0.05
_TRIES = 40

_Files = tuple[str, list[aof.File], list[int]]
"""The manifest, what it names, and their descriptors."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that is held open.

    Attributes:
        name: where it lies, below the data folder.
        size: bytes of it that belong to the moment.
        grows: whether Redis appends to it.
    """

    name: str
    descriptor: int
    size: int
    grows: bool = False

    def close(self) -> None:
        """Let go."""
        os.close(self.descriptor)

    def member(self) -> Member:
        """As one of a tar."""
        return Member(_info(self.name, self.size), _At(self.descriptor), self.grows)


@dataclass(frozen=True, slots=True)
class Captured:
    """All of it.

    Attributes:
        small: files that are known by their content.
        saved: when Redis saved it, Unix seconds; 0 where that is not what it is.
    """

    pieces: tuple[Piece, ...]
    small: dict[str, bytes]
    saved: int = 0

    def members(self) -> Iterator[Member]:
        """As a tar."""
        if any("/" in piece.name for piece in self.pieces):
            folder = _info(aof.FOLDER, 0)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o700
            yield Member(folder)
        for piece in self.pieces:
            yield piece.member()
        for name, content in self.small.items():
            yield Member(_info(name, len(content)), io.BytesIO(content))

    def close(self) -> None:
        """Let go of the files."""
        for piece in self.pieces:
            piece.close()


@dataclass(frozen=True, slots=True)
class Note:
    """What was seen when it was taken.

    Attributes:
        form: `aof` or `rdb`.
        keyspace: how many keys there were.
        quiet: whether nobody wrote meanwhile.
        memory: bytes that the server had in use.
        witness: what was seen of its keys afterwards; None in copies of before there was one.
    """

    form: str
    keyspace: Keyspace
    quiet: bool
    memory: int
    witness: Witness | None = None

    @property
    def appended(self) -> bool:
        """Whether it is an append-only file."""
        return self.form == "aof"


async def capture(asker: Asker, data: Path, clock: Clock) -> Captured:
    """What the server of `data` holds now.

    Raises:
        StorageError: it cannot write to its disk, or its files cannot be read.
        StartFailed: it could not save.
        Busy: it saves or rewrites all the time.
    """
    before = await asker.info("server", "persistence", "memory")
    whole = before.get("aof_enabled") == "1"
    begun, first = clock.monotonic(), await moment(asker)
    counts = first.keyspace
    taken = await (_appended(asker, data, clock) if whole else _saved(asker, data, clock))
    last = await moment(asker)
    seen = Witness(
        last.keyspace,
        changes_between(first, last, taken.saved),
        await drawn(asker, last.keyspace, clock.monotonic() - begun),
    )
    note = {
        "form": "aof" if whole else "rdb",
        "version": before.get("redis_version", ""),
        "memory": number(before, "used_memory"),
        "keyspace": counts,
        "quiet": await _unchanged(asker, before) and counts == await asker.keyspace(),
        "witness": seen.to_json(),
    }
    small = {**taken.small, NOTE: json.dumps(note, sort_keys=True).encode()}
    if (known := await asyncio.to_thread(id_of, data)) is not None:
        small[ID] = f"{known}\n".encode()
    return Captured(taken.pieces, small)


async def _unchanged(asker: Asker, before: dict[str, str]) -> bool:
    """Whether nobody wrote since: no change that a save lacks, or nothing more in the file."""
    now = await asker.info("persistence")
    if before.get("aof_enabled") == "1":
        same = ("aof_current_size", "aof_buffer_length")
        return all(now.get(name) == before.get(name) for name in same)
    return now.get("rdb_changes_since_last_save") == "0"


async def _appended(asker: Asker, data: Path, clock: Clock) -> Captured:
    """The files that the manifest names. While it says the same before and after, none of them was
    replaced, and only the last one grew, by whole commands: up to where the server says. What it
    says can be told for sure after a rewrite at the latest.
    """
    for rewritten in (False, True):
        if rewritten:
            await asker.call("BGREWRITEAOF")
        await _until_idle(asker, clock)
        for _ in range(_TRIES):
            found = await asyncio.to_thread(_opened, data)
            if found is not None and (taken := await _counted(asker, data, clock, found)):
                return taken
            await clock.sleep(_PAUSE)
    raise Busy(
        "nobody can tell up to where its append-only files are whole: it rewrites them all the "
        "time, or does not tell their true size",
        where=str(data),
        next_step="try it again; nothing in its data folder may be changed by others",
    )


async def _counted(asker: Asker, data: Path, clock: Clock, found: _Files) -> Captured | None:
    """They, up to the end of a command; closed, and None, where that cannot be told."""
    text, files, descriptors = found
    taken = None
    try:
        least = await _flushed(asker, clock)
        sizes = [os.fstat(descriptor).st_size for descriptor in descriptors]
        most = number(await asker.info("persistence"), "aof_current_size")
        same = await asyncio.to_thread(_manifest, data) == text
        size = _whole(sizes, least, most)
        if same and size is not None and 0 <= size - sum(sizes[:-1]) <= sizes[-1]:
            taken = _cut(files, descriptors, [*sizes[:-1], size - sum(sizes[:-1])])
        return taken
    finally:
        if taken is None:
            for descriptor in descriptors:
                os.close(descriptor)


def _whole(sizes: list[int], least: int, most: int) -> int | None:
    """Bytes of all files at the end of a command. The server said `least` before they were
    measured, and `most` after; until its first rewrite or restart Redis 7.0 does not count the
    base.
    """
    fits = [more for more in {0, sizes[0]} if least + more <= sum(sizes) <= most + more]
    return least + fits[0] if len(fits) == 1 else None


async def _flushed(asker: Asker, clock: Clock) -> int:
    """Bytes of all files, at least those that had been answered for when this began."""
    said = await asker.info("persistence")
    if said.get("aof_last_write_status", "ok") != "ok":
        raise StorageError(
            "Redis cannot write to its append-only file",
            next_step="see its log; make room on its disk",
        )
    wanted = number(said, "aof_current_size") + number(said, "aof_buffer_length")
    deadline = clock.monotonic() + _FLUSHED
    while number(said, "aof_current_size") < wanted and clock.monotonic() < deadline:
        await clock.sleep(_PAUSE)
        said = await asker.info("persistence")
    return number(said, "aof_current_size")


def _opened(data: Path) -> _Files | None:
    """The manifest, and its files, open; None while there is none, or one of them is gone."""
    text = _manifest(data)
    if text is None:
        return None
    files, descriptors = aof.needed(text), list[int]()
    if not files:
        return None
    try:
        for file in files:
            descriptors.append(open_file(data, aof.FOLDER, file.name))
    except (FileNotFoundError, StorageError) as error:
        for one in descriptors:
            os.close(one)
        if isinstance(error, StorageError):
            raise
        return None
    return text, files, descriptors


def _cut(files: list[aof.File], descriptors: list[int], sizes: list[int]) -> Captured:
    pieces = tuple(
        Piece(f"{aof.FOLDER}/{file.name}", descriptor, size, grows=file.kind == "i")
        for file, descriptor, size in zip(files, descriptors, sizes, strict=True)
    )
    return Captured(pieces, {f"{aof.FOLDER}/{aof.MANIFEST}": aof.written(files).encode()})


def _manifest(data: Path) -> str | None:
    try:
        descriptor = open_file(data, aof.FOLDER, aof.MANIFEST)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        return file.read(1024 * 1024)


async def _saved(asker: Asker, data: Path, clock: Clock) -> Captured:
    """A save that began after this did, and has ended well; one that is under way does not count:
    what was written since it began is not in it.
    """
    await _until_idle(asker, clock)
    before = number(await asker.info("persistence"), "rdb_last_save_time")
    while number(await asker.info("server"), "server_time_usec") // 1_000_000 <= before:
        await clock.sleep(_PAUSE)  # the time of a save is told in whole seconds
    try:
        await asker.call("BGSAVE", "SCHEDULE")
    except RedisError as error:
        if "in progress" not in error.what:
            raise _not_saved(error.what) from error
    said = await _until_idle(asker, clock)
    if said.get("rdb_last_bgsave_status") != "ok":
        raise _not_saved("its last save failed")
    if number(said, "rdb_last_save_time") <= before:
        raise Busy("somebody else saved meanwhile", next_step="try it again")
    descriptor = await asyncio.to_thread(open_file, data, DUMP)
    piece = Piece(DUMP, descriptor, os.fstat(descriptor).st_size)
    return Captured((piece,), {}, number(said, "rdb_last_save_time"))


async def _until_idle(asker: Asker, clock: Clock) -> dict[str, str]:
    deadline = clock.monotonic() + _PATIENCE
    busy = ("rdb_bgsave_in_progress", "aof_rewrite_in_progress", "aof_rewrite_scheduled")
    while True:
        said = await asker.info("persistence")
        if all(said.get(name, "0") == "0" for name in busy):
            return said
        if clock.monotonic() > deadline:
            raise Busy("it saves for an hour now", next_step="see its log, then try it again")
        await clock.sleep(_PAUSE)


def _not_saved(why: str) -> StartFailed:
    return StartFailed(
        f"Redis cannot save: {why}",
        next_step="see its log: it needs room on its disk, and memory for a copy of itself",
    )


def open_file(data: Path, *names: str) -> int:
    """A file of a folder that belongs to the server's user: we may be root, and must neither
    follow a link of it nor wait at its pipe.

    Raises:
        FileNotFoundError: there is none.
        StorageError: it cannot be read, or is no file.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        at = os.open(data, flags | os.O_DIRECTORY)
        for position, name in enumerate(names):
            more = os.O_NONBLOCK if position == len(names) - 1 else os.O_DIRECTORY
            above, at = at, _below(at, name, flags | more)
            os.close(above)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(
            f"cannot be read: {error.strerror}",
            where=str(data.joinpath(*names)),
            next_step="put right who may read it; it must be a file, and no link",
        ) from error
    if not stat.S_ISREG(os.fstat(at).st_mode):
        os.close(at)
        raise StorageError(
            "it is no file", where=str(data.joinpath(*names)), next_step="see who put it there"
        )
    return at


def _below(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError:
        os.close(folder)
        raise


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


class _At:
    """Reads a file by a position of its own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._at = descriptor, 0

    def read(self, size: int, /) -> bytes:
        data = os.pread(self._descriptor, size, self._at)
        self._at += len(data)
        return data


def note_of(folder: Path) -> Note:
    """What was written down beside a copy.

    Raises:
        Damaged: nothing that can be understood.
    """
    try:
        with os.fdopen(open_file(folder, NOTE), "rb") as file:
            said = json.loads(file.read(_LONGEST_NOTE))
        if said["form"] not in ("aof", "rdb"):
            raise ValueError(said["form"])
        return Note(
            said["form"],
            dict(said["keyspace"]),
            bool(said["quiet"]),
            int(said["memory"]),
            witness_read(said.get("witness")),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(
            f"it is no copy of a Redis: {error}",
            where=NOTE,
            next_step="take another restore point",
        ) from error


def id_of(folder: Path) -> str | None:
    """Which data it is; None when nobody ever said."""
    try:
        with os.fdopen(open_file(folder, ID), "rb") as file:
            return file.read(_LONGEST_ID).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None

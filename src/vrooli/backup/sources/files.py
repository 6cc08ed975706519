"""Files and folders that belong to the set: `[backup.files.NAME]`."""

import asyncio
import hashlib
import io
import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from vrooli.backup import listing, walking
from vrooli.backup.attributes import attributes
from vrooli.backup.listing import DAMAGED, FILES, LIST, Listed
from vrooli.backup.planting import names_of
from vrooli.backup.source import Source
from vrooli.backup.taring import LARGE
from vrooli.backup.trees import emptied, proven
from vrooli.backup.walking import Entry
from vrooli.core.errors import ConfigError
from vrooli.stack.backing import TREE, Backing, Found, Member, Members
from vrooli.stack.backup_settings import FilesSettings
from vrooli.stack.runtime import Context
from vrooli.stack.upgrading import Told as Telling

FORM = "files"

_MOST_TOLD = 100
"""Files of which something is told; of the rest only how many there are."""

_TRIES = 3
"""How often a file is read that is cut off while it is."""


class FilesBacking(Backing):
    """A tar of them, with modes, owners, times and links as they are, and a list of all of it.

    Args:
        settings: which ones.
        stage: folder for a proof.
        never: folders that are left out whatever is asked for: those of the home.
    """

    form = FORM
    shape = TREE

    def __init__(self, settings: FilesSettings, stage: Path, never: Sequence[Path]) -> None:
        self._settings, self._stage, self._never = settings, stage, never
        self._noted: _Noted | None = None

    async def begin(self) -> None:
        """See the base."""
        self._noted = _Noted()

    async def end(self) -> None:
        """See the base."""
        self._noted = None

    async def ask(self) -> Mapping[str, Any]:
        """See the base: what belongs to it, and afterwards what was told of it."""
        return await asyncio.to_thread(self._asked)

    def _asked(self) -> Mapping[str, Any]:
        found = walking.roots(self._settings.paths, _silent)
        if not found:
            raise ConfigError(
                f"none of them is there: {', '.join(self._settings.paths)}",
                where=f"backup.files.{self._settings.name}",
                next_step="correct `paths`, or remove the section",
            )
        if self._noted is not None:
            return self._noted.facts()
        sizes = [
            entry.stat.st_size
            for entry in self._walk(found, _silent)
            if stat.S_ISREG(entry.stat.st_mode)
        ]
        # A disk that is not mounted leaves an empty folder, which is no newer state of the files.
        same = {"system": FORM} if sizes else {}
        return {"roots": found, "bytes": sum(sizes), **same}

    def _walk(self, found: Sequence[str], told: walking.Told) -> Iterator[Entry]:
        never = [str(folder) for folder in self._never]
        excluded = walking.excluding(self._settings.exclude, never)
        return walking.walk(found, excluded, told)

    def program(self) -> Members:
        """See the base."""
        return Members("lay up the files", self._members)

    def _members(self) -> Iterator[Member]:
        if self._noted is None:
            raise RuntimeError("it begins first")
        noted, told = self._noted, self._noted.tell
        with tempfile.TemporaryFile() as listed:
            yield Member(_info(FILES, tarfile.DIRTYPE, 0o700))
            for entry in self._walk(walking.roots(self._settings.paths, told), told):
                yield from _members_of(entry, listed, noted)
            size = listed.tell()
            listed.seek(0)
            yield Member(_info(LIST, tarfile.REGTYPE, 0o600, size), listed)

    async def prepare(self) -> str:
        """See the base."""
        return str(await asyncio.to_thread(emptied, self._stage))

    async def prove(self, told: Telling) -> Found:
        """See the base: everything that the list names is there, as it was."""
        told("compare with the list")
        return await asyncio.to_thread(proven, self._stage)

    async def clean(self) -> None:
        """See the base."""
        await asyncio.to_thread(shutil.rmtree, self._stage, ignore_errors=True)

    @property
    def user(self) -> str | None:
        """Whose they are stands in the tar."""
        return None


class _Files(Source):
    def backings(self, context: Context) -> Mapping[str, Backing]:
        """One for each section."""
        home = context.tools.place.home
        return {
            name: FilesBacking(one, home.root / "data" / f"{name}.proof", (home.root, home.run))
            for name, one in context.stack.backup.files.items()
        }


SOURCE = _Files()


class _Noted:
    """What is worth knowing of one run.

    Attributes:
        files: how many are in it.
        left_out: how many are not, though they were asked for.
        lacks: these, a line each.
        noted: of how many others something is told.
        lines: that.
    """

    def __init__(self) -> None:
        self.files = self.left_out = self.noted = 0
        self.lacks: list[str] = []
        self.lines: list[str] = []

    def tell(self, line: str, lacks: bool) -> None:
        """See `walking.Told`."""
        if lacks:
            self.left_out += 1
        else:
            self.noted += 1
        lines = self.lacks if lacks else self.lines
        if len(lines) < _MOST_TOLD:
            lines.append(line)

    def facts(self) -> Mapping[str, Any]:
        """As they are written down."""
        return {
            "files": self.files,
            "left_out": self.left_out,
            "lacks": self.lacks,
            "noted": self.noted,
            "told": self.lines,
        }


class _Left(Exception):
    """What is left out, and why; `lacks` says whether that is a loss."""

    def __init__(self, why: str, *, lacks: bool) -> None:
        super().__init__(why)
        self.lacks = lacks


def _members_of(entry: Entry, listed: IO[bytes], noted: _Noted) -> Iterator[Member]:
    """Nothing, when it went away or cannot be read."""
    kind, shown = listing.kind(entry.stat.st_mode), walking.shown(entry.path)
    try:
        if kind == "file":
            yield from _file(entry, listed, noted)
        else:
            target = _target(entry.path) if kind == "link" else ""
            info = _tarred(entry.path, entry.stat, target)
            info.pax_headers = attributes(entry.path) if kind == "folder" else {}
            yield Member(info)
            listed.write(_line(entry.path, entry.stat, target=target))
        noted.files += 1
    except _Left as error:
        noted.tell(f"{shown}: {error}", error.lacks)


def _file(entry: Entry, listed: IO[bytes], noted: _Noted) -> Iterator[Member]:
    """It; once more when it is cut off meanwhile: of members of one name the last one counts. What
    nobody could read to its end is marked in the list, and given back to nobody.
    """
    path, why = entry.path, ""
    for _ in range(_TRIES):
        with _Steady(path) as content:
            info = _tarred(path, content.stat, size=content.size)
            info.pax_headers = attributes(content.descriptor)
            yield Member(info, content)
            if not (why := content.why):
                if content.changed():
                    noted.tell(f"{walking.shown(path)}: it changed while it was read", False)
                listed.write(_line(path, content.stat, size=content.size, digest=content.digest))
                return
            if not content.cut_off:
                break
    listed.write(_line(path, entry.stat, kind=DAMAGED))
    raise _Left(why, lacks=True)


def _target(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError as error:
        raise _unread(error) from error


def _unread(error: OSError) -> _Left:
    if isinstance(error, FileNotFoundError):
        return _Left("it went away meanwhile", lacks=False)
    return _Left(f"it cannot be read: {error.strerror}", lacks=True)


class _Steady:
    """A file of the size that it had when it was opened, whatever is done to it meanwhile: zeros
    stand for what cannot be had of it, and `why` tells. A small one is read at once.

    Attributes:
        size: bytes that are read of it.
        cut_off: whether somebody shortened it.
        why: it is not whole; empty when it is.
    """

    def __init__(self, path: str) -> None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            self._file: IO[bytes] = os.fdopen(os.open(path, flags), "rb", buffering=0)
        except OSError as error:
            raise _unread(error) from error
        self.stat = os.fstat(self._file.fileno())
        self.size, self.cut_off, self.why = self.stat.st_size, False, ""
        self._early: io.BytesIO | None = None
        self._hash = hashlib.sha256()
        try:
            if not stat.S_ISREG(self.stat.st_mode):
                raise _Left("it is no file any more", lacks=False)
            if self.size < LARGE:
                self._read_at_once()
        except _Left:
            self._file.close()
            raise
        self._left = self.size

    def __enter__(self) -> "_Steady":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int, /) -> bytes:
        wanted = min(size, self._left)
        data = b"" if self.why else self._next(wanted)
        if not data:
            data = bytes(wanted)
        self._left -= len(data)
        self._hash.update(data)
        return data

    @property
    def descriptor(self) -> int:
        return self._file.fileno()

    def _next(self, wanted: int) -> bytes:
        try:
            data = (self._early or self._file).read(wanted)
        except OSError as error:
            self.why = f"it cannot be read: {error.strerror}"
            return b""
        if wanted and not data:
            self.cut_off, self.why = True, "it was cut off while it was read"
        return data

    def _read_at_once(self) -> None:
        content = bytearray()
        try:
            while more := self._file.read(self.size - len(content)):
                content += more
        except OSError as error:
            raise _unread(error) from error
        self.size, self._early = len(content), io.BytesIO(content)

    def changed(self) -> bool:
        now, then = os.fstat(self._file.fileno()), self.stat
        return (now.st_size, now.st_mtime_ns) != (then.st_size, then.st_mtime_ns)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _tarred(
    path: str, found: os.stat_result, target: str = "", *, size: int = 0
) -> tarfile.TarInfo:
    kinds = {"file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}
    kind = listing.kind(found.st_mode)
    info = _info(FILES + path.rstrip("/"), kinds[kind], stat.S_IMODE(found.st_mode), size)
    info.mtime, info.linkname = int(found.st_mtime), target
    info.uid, info.gid = found.st_uid, found.st_gid
    info.uname, info.gname = names_of(found.st_uid, found.st_gid)
    return info


def _info(name: str, kind: bytes, mode: int, size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size = kind, mode, size
    return info


def _line(path: str, found: os.stat_result, **more: Any) -> bytes:
    """`more` are what only some of them have."""
    kind = listing.kind(found.st_mode)
    mtime = int(found.st_mtime) if kind == "file" else 0
    mode = stat.S_IMODE(found.st_mode)
    said = {"kind": kind, "mtime": mtime, **more}
    return listing.line(Listed(path, mode=mode, uid=found.st_uid, gid=found.st_gid, **said))


def _silent(_: str, lacks: bool) -> None:
    """It is told later."""

"""Files and folders that belong to the set: `[backup.files.NAME]`."""

import asyncio
import hashlib
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
from vrooli.backup.listing import FILES, LIST, Listed
from vrooli.backup.planting import names_of
from vrooli.backup.source import Source
from vrooli.backup.trees import emptied, proven
from vrooli.backup.walking import Entry
from vrooli.core.errors import ConfigError
from vrooli.stack.backing import TREE, Backing, Found, Member, Members
from vrooli.stack.backup_settings import FilesSettings
from vrooli.stack.runtime import Context
from vrooli.stack.upgrading import Told

FORM = "files"

_MOST_TOLD = 100
"""Files of which something is told; of the rest only how many there are."""


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
        self._noted = _Noted()

    async def begin(self) -> None:
        """See the base."""
        self._noted = _Noted()

    async def end(self) -> None:
        """Nothing is kept."""

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
        noted = self._noted
        if noted.files:
            return {"files": noted.files, "left_out": noted.told, "told": noted.lines}
        sizes = [
            entry.stat.st_size
            for entry in self._walk(found, _silent)
            if stat.S_ISREG(entry.stat.st_mode)
        ]
        # A disk that is not mounted leaves an empty folder, which is no newer state of the files.
        same = {"system": FORM} if sizes else {}
        return {"roots": found, "bytes": sum(sizes), **same}

    def _walk(self, found: Sequence[str], told: Told) -> Iterator[Entry]:
        never = [str(folder) for folder in self._never]
        excluded = walking.excluding(self._settings.exclude, never)
        return walking.walk(found, excluded, told)

    def program(self) -> Members:
        """See the base."""
        return Members("lay up the files", self._members)

    def _members(self) -> Iterator[Member]:
        told = self._noted.tell
        with tempfile.TemporaryFile() as listed:
            yield Member(_info(FILES, tarfile.DIRTYPE, 0o700))
            for entry in self._walk(walking.roots(self._settings.paths, told), told):
                yield from self._member(entry, listed)
            size = listed.tell()
            listed.seek(0)
            yield Member(_info(LIST, tarfile.REGTYPE, 0o600, size), listed)

    def _member(self, entry: Entry, listed: IO[bytes]) -> Iterator[Member]:
        """Nothing, when it went away or cannot be read."""
        kind = listing.kind(entry.stat.st_mode)
        try:
            if kind == "file":
                with _Steady(entry.path) as content:
                    info = _tarred(entry.path, content.stat)
                    info.pax_headers = attributes(content.descriptor)
                    yield Member(info, content)
                    if content.changed():
                        self._tell(entry, "it changed while it was read")
                    listed.write(_line(entry.path, content.stat, digest=content.digest))
            else:
                target = os.readlink(entry.path) if kind == "link" else ""
                info = _tarred(entry.path, entry.stat, target)
                info.pax_headers = attributes(entry.path) if kind == "folder" else {}
                yield Member(info)
                listed.write(_line(entry.path, entry.stat, target=target))
            self._noted.files += 1
        except _Left as error:
            self._tell(entry, str(error))

    def _tell(self, entry: Entry, what: str) -> None:
        self._noted.tell(f"{walking.shown(entry.path)}: {what}")

    async def prepare(self) -> str:
        """See the base."""
        return str(await asyncio.to_thread(emptied, self._stage))

    async def prove(self, told: Told) -> Found:
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
        told: of how many something is told.
    """

    def __init__(self) -> None:
        self.files = self.told = 0
        self.lines: list[str] = []

    def tell(self, line: str) -> None:
        self.told += 1
        if len(self.lines) < _MOST_TOLD:
            self.lines.append(line)


class _Left(Exception):
    """A file that is left out, and why."""


class _Steady:
    """A file of the size that it had when it was opened, whatever is done to it meanwhile: what is
    cut off is read as zeros.
    """

    def __init__(self, path: str) -> None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            self._file = os.fdopen(os.open(path, flags), "rb", buffering=0)
        except FileNotFoundError as error:
            raise _Left("it went away meanwhile") from error
        except OSError as error:
            raise _Left(f"it cannot be read: {error.strerror}") from error
        self.stat = os.fstat(self._file.fileno())
        self._left, self._hash, self._short = self.stat.st_size, hashlib.sha256(), False
        if not stat.S_ISREG(self.stat.st_mode):
            self._file.close()
            raise _Left("it is no file any more")

    def __enter__(self) -> "_Steady":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int, /) -> bytes:
        wanted = min(size, self._left)
        try:
            data = b"" if self._short else self._file.read(wanted)
        except OSError:  # a bad sector: the others are worth having
            data = b""
        if len(data) < wanted and not data:
            self._short, data = True, bytes(wanted)
        self._left -= len(data)
        self._hash.update(data)
        return data

    @property
    def descriptor(self) -> int:
        return self._file.fileno()

    def changed(self) -> bool:
        now, then = os.fstat(self._file.fileno()), self.stat
        same = (now.st_size, now.st_mtime_ns) == (then.st_size, then.st_mtime_ns)
        return self._short or not same

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _tarred(path: str, found: os.stat_result, target: str = "") -> tarfile.TarInfo:
    kinds = {"file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}
    kind = listing.kind(found.st_mode)
    info = _info(FILES + path.rstrip("/"), kinds[kind], stat.S_IMODE(found.st_mode))
    info.size = found.st_size if kind == "file" else 0
    info.mtime, info.linkname = int(found.st_mtime), target
    info.uid, info.gid = found.st_uid, found.st_gid
    info.uname, info.gname = names_of(found.st_uid, found.st_gid)
    return info


def _info(name: str, kind: bytes, mode: int, size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size = kind, mode, size
    return info


def _line(path: str, found: os.stat_result, digest: str = "", target: str = "") -> bytes:
    kind = listing.kind(found.st_mode)
    return listing.line(
        Listed(
            path,
            kind,
            stat.S_IMODE(found.st_mode),
            found.st_uid,
            found.st_gid,
            found.st_size if kind == "file" else 0,
            int(found.st_mtime) if kind == "file" else 0,
            digest,
            target,
        )
    )


def _silent(_: str) -> None:
    """It is told later."""

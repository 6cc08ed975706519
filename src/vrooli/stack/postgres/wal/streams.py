"""What was received, as it lies on the disk.

wal/NAME/SYSTEM/STREAM/  one folder for each piece without a gap: a timeline, like `00000001`; after
                         a gap `00000001-2`. In it what pg_receivewal writes, and `stream.json`.
wal/NAME/status.json     how the receiver is
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vrooli.core.home import Home
from vrooli.stack.postgres.clusters import start_of
from vrooli.stack.postgres.wal.names import HISTORY, PARTIAL, SEGMENT, size_of

NOTE, STATUS = "stream.json", "status.json"

STREAM = re.compile(r"([0-9A-F]{8})(?:-(\d{1,6}))?", re.ASCII)

_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stream:
    """A piece without a gap.

    Attributes:
        name: of its folder.
        begun: when it began to be received, Unix seconds.
        seen: until when nothing was missing of it.
        gap: why it does not follow the one before; empty when it does.
        files: bytes by the name of whole files; those of WAL and of histories.
        partial: name of the segment that is being written; empty when there is none.
        partial_size: bytes of it.
        folder: where it lies; empty where it lies in a store alone.
        torn: whether its last file is damaged, and left out here.
    """

    name: str
    begun: float
    seen: float
    gap: str = ""
    files: Mapping[str, int] = field(default_factory=dict)
    partial: str = ""
    partial_size: int = 0
    folder: str = ""
    torn: bool = False

    @property
    def timeline(self) -> int:
        """Of whoever wrote it when it began."""
        return int(self.name[:8], 16)

    @property
    def size(self) -> int:
        """Bytes of a segment, as far as it has any; the one that is being written may be shorter
        where its disk was full.
        """
        whole = (size for name, size in self.files.items() if SEGMENT.fullmatch(name))
        return max([*whole, size_of(self.partial_size)])

    @property
    def is_unused(self) -> bool:
        """Whether nothing was received into it since it was begun."""
        return not self.files and not self.partial and self.seen <= self.begun


def wal_folder(home: Home, service: str) -> Path:
    """Where the WAL of a resource is received."""
    return home.root / "wal" / service


def streams_in(folder: Path) -> list[Stream]:
    """Those of one system, in the order in which they began."""
    try:
        names = sorted(name for name in os.listdir(folder) if STREAM.fullmatch(name))
    except OSError:
        return []
    found = [stream for name in names if (stream := _stream(folder / name)) is not None]
    return sorted(found, key=lambda stream: stream.begun)


def begin(folder: Path, begun: float, gap: str) -> None:
    """Have its folder there, and its note; until something is received, nothing was seen of it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / NOTE).write_text(note_written(begun, gap), encoding="utf-8")
    os.utime(folder / NOTE, (begun, begun))


def note_written(begun: float, gap: str) -> str:
    """Content of `stream.json`; when it was written last is until when nothing was missing."""
    return json.dumps({"begun": begun, "gap": gap}) + "\n"


def _stream(folder: Path) -> Stream | None:
    note = folder / NOTE
    try:
        said = json.loads(start_of(note, _LIMIT))
        entries = [(entry.name, entry.stat(follow_symlinks=False)) for entry in os.scandir(folder)]
        begun, gap, seen = float(said["begun"]), str(said["gap"]), note.lstat().st_mtime
    except (OSError, ValueError, KeyError, TypeError):  # it is being made, or is none of ours
        return None
    whole = {name: facts.st_size for name, facts in entries if _is_whole(name)}
    partial = max((name for name, _ in entries if _is_partial(name)), default="")
    return Stream(
        name=folder.name,
        begun=begun,
        seen=seen,
        gap=gap,
        files=whole,
        partial=partial.removesuffix(PARTIAL),
        partial_size=dict(entries)[partial].st_size if partial else 0,
        folder=str(folder),
    )


def _is_whole(name: str) -> bool:
    return bool(SEGMENT.fullmatch(name) or HISTORY.fullmatch(name))


def _is_partial(name: str) -> bool:
    return name.endswith(PARTIAL) and bool(SEGMENT.fullmatch(name.removesuffix(PARTIAL)))


def histories_in(streams: Sequence[Stream]) -> dict[int, str]:
    """By timeline, where it left others."""
    found: dict[int, str] = {}
    for stream in streams:
        for name in stream.files:
            if HISTORY.fullmatch(name) and stream.folder:
                content = start_of(Path(stream.folder) / name, _LIMIT)
                found[int(name[:8], 16)] = content.decode("ascii", "replace")
    return found

"""Changes to the machine, as data. A kind builds them, `vrooli.host.execute` runs them, dry-run
prints them.
"""

import shlex
from dataclasses import dataclass, field

from vrooli.core.launch import LaunchSpec


@dataclass(frozen=True, slots=True)
class EnsureDirectory:
    """A folder with this mode, owned by `user` (None: whoever we are). Parents are made; an
    existing one is put right.
    """

    path: str
    mode: int = 0o755
    user: str | None = None


@dataclass(frozen=True, slots=True)
class CopyTree:
    """Copy folders side by side into `target`, whole or not at all: a target that exists is left
    alone.

    Attributes:
        sources: pairs of (folder to copy, name below `target`).
        target: made by an atomic rename when the copy is complete.
    """

    sources: tuple[tuple[str, str], ...]
    target: str


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A file with exactly this text, written atomically. `text` may be secret, hence no repr.

    `encoding` is the name of a codec of Python.
    """

    path: str
    text: str = field(repr=False)
    mode: int = 0o644
    user: str | None = None
    encoding: str = "utf-8"

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode(self.encoding)


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a finished folder its final name; done already when only `target` is there."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Remove:
    """A file or a whole folder that must not be there."""

    path: str


@dataclass(frozen=True, slots=True)
class EndLaunches:
    """Kill what an earlier attempt, whose author was killed, left running under this name."""

    service: str


@dataclass(frozen=True, slots=True)
class RunOnce:
    """A short-lived process, run through the keeper; failure stops the sequence.

    Attributes:
        title: what it does, for progress ("create the database cluster").
        spec: the process.
        timeout: seconds.
        unless_exists: skip when this path is there.
        undo_path: folder to remove when it fails, so that a half-made one is never taken for whole.
    """

    title: str
    spec: LaunchSpec
    timeout: float
    unless_exists: str | None = None
    undo_path: str | None = None


def describe(command: "Command") -> str:
    """A command in one line, for a dry run."""
    match command:
        case RunOnce():
            return f"run: {shlex.join(command.spec.argv)}"
        case CopyTree():
            return f"copy {', '.join(source for source, _ in command.sources)} to {command.target}"
        case Rename():
            return f"rename {command.source} to {command.target}"
        case Remove():
            return f"remove {command.path}"
        case EnsureDirectory():
            return f"make the folder {command.path}"
        case WriteFile():
            return f"write {command.path}"
        case EndLaunches():
            return f"end what runs as {command.service}"


Command = EnsureDirectory | CopyTree | WriteFile | Rename | Remove | RunOnce | EndLaunches

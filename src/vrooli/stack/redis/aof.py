"""The append-only file of Redis 7 and later: several files, and a manifest that names them. Pure.

See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/.
"""

from dataclasses import dataclass

from vrooli.core.errors import Damaged

FOLDER, MANIFEST = "appendonlydir", "appendonly.aof.manifest"


@dataclass(frozen=True, slots=True)
class File:
    """One line of a manifest.

    Attributes:
        kind: `b` for the base, `i` for what was appended since, `h` for what is not needed.
    """

    name: str
    seq: int
    kind: str


def needed(manifest: str) -> list[File]:
    """The files that hold the data, in the order in which they are read.

    Raises:
        Damaged: it is no manifest.
    """
    found = [_file(line) for line in manifest.splitlines() if line and not line.startswith("#")]
    return [file for file in found if file.kind != "h"]


def written(files: list[File]) -> str:
    """A manifest that names them."""
    return "".join(f"file {file.name} seq {file.seq} type {file.kind}\n" for file in files)


def _file(line: str) -> File:
    words = line.split()
    try:
        said = dict(zip(words[::2], words[1::2], strict=True))
        file = File(said["file"], int(said["seq"]), said["type"])
        if "/" in file.name or not file.name.startswith("appendonly.aof."):
            raise ValueError(file.name)
    except (KeyError, ValueError) as error:
        raise Damaged(
            f"a line of the manifest cannot be understood: {line[:200]}",
            where=MANIFEST,
            next_step="see whether this version of Redis is newer than what is known here",
        ) from error
    return file

"""The manifest that a server sends with a base backup: whether all files are there that it names.

`pg_verifybackup` does the same and more; the one of the embedded build ends at once by signal 11,
whatever it is asked. What the files hold is known by the digest of the whole backup and by the
checksums of their pages.
"""

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

from vrooli.core.errors import StartFailed

NAME = "backup_manifest"
_CHECKSUM = b'"Manifest-Checksum"'
_LIMIT = 1024 * 1024 * 1024
"""Bytes: about 200 for each file of a cluster, of which there may be millions."""


def problems(folder: Path) -> list[str]:
    """What is not as the manifest in `folder` says; reads names and sizes, so call it in a thread.

    Raises:
        StartFailed: there is none, or it is damaged itself.
    """
    listed = _listed(folder / NAME)
    found = {path: size for path, size in _below(folder) if not _unlisted(path)}
    missing = [f"{path} is missing" for path in listed if path not in found]
    others = [f"{path} is not from the server" for path in found if path not in listed]
    sizes = [
        f"{path} has {found[path]} bytes, the server sent {size}"
        for path, size in listed.items()
        if path in found and found[path] != size
    ]
    return sorted([*missing, *others, *sizes])


def _listed(path: Path) -> dict[str, int]:
    try:
        data = _read(path)
        said: dict[str, Any] = json.loads(data)
        before = data[: data.rindex(_CHECKSUM)]
        if hashlib.sha256(before).hexdigest() != said["Manifest-Checksum"]:
            raise ValueError("its own checksum is another")
        sizes = {_path(entry): int(entry["Size"]) for entry in said["Files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartFailed(
            f"the manifest of the server cannot be used: {error}",
            where=str(path),
            next_step="take another restore point",
        ) from error
    return {path: size for path, size in sizes.items() if not _unlisted(path)}


def _read(path: Path) -> bytes:
    """It lies in a folder of the server's user: no link of his is followed, no pipe waited at."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no file")
        return file.read(_LIMIT)


def _path(entry: dict[str, Any]) -> str:
    """A name that is not UTF-8 stands there in hex."""
    if "Encoded-Path" in entry:
        return os.fsdecode(bytes.fromhex(entry["Encoded-Path"]))
    return str(entry["Path"])


def _below(folder: Path) -> list[tuple[str, int]]:
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            found.append((path.relative_to(folder).as_posix(), path.lstat().st_size))
    return found


def _unlisted(path: str) -> bool:
    """WAL has checksums of its own, and the manifest cannot name itself."""
    return path == NAME or path.startswith("pg_wal/")

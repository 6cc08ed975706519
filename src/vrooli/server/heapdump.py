"""A snapshot of the heap in a file that can be taken away and compared.

The archive holds `census.json` (see `memory.facts`, 200 types) and, while tracemalloc runs,
`tracemalloc.snapshot` (`tracemalloc.Snapshot.load` reads it). Neither holds the contents of any
object.
"""

import json
import os
import time
import tracemalloc
import zipfile
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from vrooli.core.errors import StorageError
from vrooli.server import memory

KEEP = 5
FRAMES = 10
"""Depth of the stacks that tracemalloc keeps: enough to see the caller of a library, at about twice
the memory.
"""


class Trace(StrEnum):
    """What to do with tracemalloc: leave it, start it before the dump, or stop it after."""

    KEEP = "keep"
    START = "start"
    STOP = "stop"


def dump(folder: Path, trace: Trace) -> Path:
    """Write `heap-<UTC time>-<pid>-<ns>.zip` (0600) into `folder` (0700) and delete all but the
    newest `KEEP` dumps.

    Blocks for seconds on a large heap; call it in a thread. Raises `StorageError` when the disk
    refuses.
    """
    if trace is Trace.START and not tracemalloc.is_tracing():
        tracemalloc.start(FRAMES)
    try:
        return _write(folder)
    except OSError as error:
        raise StorageError(
            f"the heap dump could not be written ({error.strerror or type(error).__name__})",
            where=str(folder),
            next_step="free space on that disk, or check the folder's owner",
        ) from error
    finally:
        if trace is Trace.STOP:
            tracemalloc.stop()


def _write(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = time.time_ns()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now / 1e9))
    target = folder / f"heap-{stamp}-{os.getpid()}-{now % 10**9:09d}.zip"
    # Made beside its place and renamed, so that a reader never takes half a dump and a crash leaves
    # none.
    with TemporaryDirectory(dir=folder, prefix=".heap-") as scratch:
        archive = Path(scratch) / "dump.zip"
        descriptor = os.open(archive, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with (
            os.fdopen(descriptor, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out,
        ):
            out.writestr("census.json", json.dumps(memory.facts(memory.MAX_TYPES), indent=1))
            if tracemalloc.is_tracing():
                snapshot = Path(scratch) / "tracemalloc.snapshot"
                tracemalloc.take_snapshot().dump(str(snapshot))
                out.write(snapshot, snapshot.name)
        archive.rename(target)
    for old in sorted(folder.glob("heap-*.zip"))[:-KEEP]:
        with suppress(FileNotFoundError):
            old.unlink()
    return target

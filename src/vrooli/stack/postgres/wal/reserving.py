"""Room for the next file of WAL, before pg_receivewal is started: it makes each file in its full
length first, and where the disk fills meanwhile, it leaves a shorter one, which it refuses to go on
with for ever.
"""

import errno
import os
import shutil
from pathlib import Path

from vrooli.core.errors import NoRoom, StorageError
from vrooli.core.sizes import rough_size
from vrooli.stack.postgres.wal.names import PARTIAL
from vrooli.stack.postgres.wal.streams import Stream


def reserve(stream: Stream, size: int) -> None:
    """Have the file that is being written in its full length, with all that is in it; where there
    is none yet, room for one.

    Args:
        stream: what is written to.
        size: bytes of a file.

    Raises:
        NoRoom: the disk takes no more.
        StorageError: it cannot be written.
    """
    folder = Path(stream.folder)
    if not stream.partial:
        if shutil.disk_usage(folder).free < size:
            raise _no_room(folder, size)
        return
    if stream.partial_size in (0, size):
        return
    try:
        # Also to read: where a file system cannot reserve, libc does it by looking at each block.
        file = os.open(folder / f"{stream.partial}{PARTIAL}", os.O_RDWR | os.O_CLOEXEC)
        try:
            os.posix_fallocate(file, 0, size)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room(folder, size) from error
        raise StorageError(
            f"a file of WAL cannot be made: {error.strerror}",
            where=str(folder),
            next_step="look at that disk; what serves keeps the WAL for as long as `wal_room` says",
        ) from error


def _no_room(folder: Path, size: int) -> NoRoom:
    free = rough_size(shutil.disk_usage(folder).free)
    return NoRoom(
        f"no room for WAL in {folder}: {free} are free, a file of it takes {rough_size(size)}",
        where=str(folder),
        next_step="make room there; what serves keeps the WAL for as long as `wal_room` says",
    )

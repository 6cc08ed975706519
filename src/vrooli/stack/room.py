"""Room for what is unpacked: a disk that a restore fills may be the one that the database writes
to.
"""

import asyncio
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from vrooli.core.errors import Refused, StorageError
from vrooli.core.sizes import rough_size

T = TypeVar("T")

SPARE = 256 * 1024 * 1024
"""Bytes that are asked for beside those of the data."""

LEFT = 64 * 1024 * 1024
"""Bytes at which it is given up, since others write there as well."""

EVERY = 0.1
"""Seconds between two looks at what others write; at 500 MB/s half of `LEFT`."""


@dataclass(frozen=True, slots=True)
class Room:
    """That of a folder."""

    folder: Path

    def require(self, size: int) -> None:
        """Before anything is written.

        Raises:
            Refused: there is not as much.
        """
        need, free = size + SPARE, self.free
        if free < need:
            raise Refused(
                f"{rough_size(need)} are needed, {rough_size(free)} are free",
                where=str(self.folder),
                next_step="make room there, then again; nothing was changed",
            )

    def watch(self) -> None:
        """While it is written.

        Raises:
            StorageError: others have filled it meanwhile.
        """
        if (free := self.free) < LEFT:
            raise StorageError(
                f"it fills up, {rough_size(free)} are free: given up before all is taken",
                where=str(self.folder),
                next_step="make room there, then again; nothing was changed",
            )

    async def watched(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` returns, which is cancelled before it fills the disk.

        Raises:
            StorageError: that.
        """
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait([task], timeout=EVERY))[0]:
                await asyncio.to_thread(self.watch)
            return await task
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])

    @property
    def free(self) -> int:
        """Bytes."""
        return shutil.disk_usage(self.folder).free

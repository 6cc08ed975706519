"""Room for what is unpacked: a disk that a restore fills may be the one that the database writes
to.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.errors import Refused, StorageError
from vrooli.core.sizes import rough_size

SPARE = 256 * 1024 * 1024
"""Bytes that are asked for beside those of the data."""

LEFT = 64 * 1024 * 1024
"""Bytes at which it is given up, since others write there as well."""


@dataclass(frozen=True, slots=True)
class Room:
    """That of a folder."""

    folder: Path

    def require(self, size: int) -> None:
        """Before anything is written.

        Raises:
            Refused: there is not as much.
        """
        need, free = size + SPARE, self._free()
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
        if (free := self._free()) < LEFT:
            raise StorageError(
                f"it fills up, {rough_size(free)} are free: given up before all is taken",
                where=str(self.folder),
                next_step="make room there, then again; nothing was changed",
            )

    def _free(self) -> int:
        return shutil.disk_usage(self.folder).free

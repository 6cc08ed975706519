"""Port `Files`, made up: for tests of checks."""

from collections.abc import Mapping
from posixpath import dirname

from vrooli.core.errors import StorageError
from vrooli.core.ports.files import LIMIT, FileFacts


class MemoryFiles:
    """Files by path; folders are there because something lies in them. At the folders in `mounts`
    another file system begins, of that number; of what is below those in `dead` nothing is told.
    """

    def __init__(
        self,
        contents: Mapping[str, str | bytes] | None = None,
        *,
        modified: Mapping[str, float] | None = None,
        unreadable: frozenset[str] = frozenset(),
        mounts: Mapping[str, int] | None = None,
        dead: frozenset[str] = frozenset(),
    ) -> None:
        self.contents = {
            path: text.encode() if isinstance(text, str) else text
            for path, text in (contents or {}).items()
        }
        self.modified = dict(modified or {})
        self.unreadable, self.mounts, self.dead = unreadable, dict(mounts or {}), dead

    def read(self, path: str, limit: int = LIMIT, offset: int = 0) -> bytes | None:
        """See the port."""
        if path in self.unreadable or path in self._folders():
            raise StorageError("cannot be read: made so", where=path, next_step="make it readable")
        content = self.contents.get(path)
        return None if content is None else content[offset : offset + limit]

    def names(self, folder: str) -> list[str]:
        """See the port."""
        if folder in self.unreadable:
            raise StorageError(
                "cannot be read: made so", where=folder, next_step="make it readable"
            )
        below = folder.rstrip("/") + "/"
        parts = {
            path.removeprefix(below).split("/")[0]
            for path in self.contents
            if path.startswith(below)
        }
        return sorted(parts)

    def facts(self, path: str) -> FileFacts | None:
        """See the port."""
        if any(f"{path}/".startswith(f"{top}/") for top in self.dead):
            raise StorageError("cannot be read: dead", where=path, next_step="mount it again")
        modified = self.modified.get(path, 0.0)
        if path in self.contents:
            return FileFacts("file", len(self.contents[path]), modified, inode=hash(path) & 0xFFFF)
        if path.rstrip("/") in self._folders():
            return FileFacts("folder", 0, modified, 0o755, device=self._device(path))
        return None

    def _device(self, path: str) -> int:
        above = [top for top in self.mounts if f"{path}/".startswith(f"{top}/")]
        return self.mounts[max(above, key=len)] if above else 0

    def _folders(self) -> set[str]:
        found: set[str] = set()
        for path in self.contents:
            while (path := dirname(path)) not in ("", "/"):
                found.add(path)
        return found

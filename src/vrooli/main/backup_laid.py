"""The part of a restore point that says what a stack is made of, unpacked: its stack file, its
secrets, and the files with secrets that it names.
"""

import json
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrooli.backup.packs import damaged
from vrooli.stack.durable import sync_folder

_ABOUT, _FILES = "system.json", "files"
_NOT_OURS = ("etc/systemd", "usr", "lib")
"""Units are made anew by `vrooli-autoheal install`."""


@dataclass(frozen=True, slots=True)
class Laid:
    """One, in a folder that is ours alone."""

    folder: Path

    def put_secrets(self, target: Path, but: Collection[str]) -> None:
        """Those of the home, but for some."""
        for path in sorted(self._was(str(self._about["home"])).glob("secrets/*")):
            if path.is_file() and not path.is_symlink() and path.name not in but:
                path.chmod(0o600)
                os.chown(path, os.geteuid(), os.getegid())  # whoever ran it there may be another
                os.replace(path, target / path.name)
        sync_folder(target)

    def stack_file(self) -> str | None:
        """Its text; None of a stack that has none."""
        name = str(self._about["file"])
        path = self._was(name)
        return path.read_text(encoding="utf-8") if name and path.is_file() else None

    def named(self) -> Iterator[tuple[Path, Path]]:
        """Files outside of the home that the stack names, and where they belong, if nothing is in
        their place.
        """
        top, home = self.folder / _FILES, self._was(str(self._about["home"]))
        skipped = {self._was(str(self._about["file"])), *(top / name for name in _NOT_OURS)}
        for root, folders, names in os.walk(top):
            here = Path(root)
            folders[:] = [one for one in folders if here / one not in {home, *skipped}]
            for name in names:
                path, target = here / name, Path("/") / (here / name).relative_to(top)
                if path in skipped or path.is_symlink() or os.path.lexists(target):
                    continue
                yield path, target

    @property
    def _about(self) -> dict[str, Any]:
        try:
            said = json.loads((self.folder / _ABOUT).read_bytes())
            return {"home": said["home"], "file": said["file"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise damaged(_ABOUT, f"it does not say what was where: {error}") from error

    def _was(self, path: str) -> Path:
        """Where that path of the other machine lies here."""
        return self.folder / _FILES / path.lstrip("/")


def put_whole(path: Path, target: Path) -> None:
    """Have what `path` is at `target`, with its owner and mode, whole and on the disk, or not at
    all. Folders in front of it are made. Raises OSError.
    """
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    temporary, was = target.with_name(f".{target.name}.recovered"), path.lstat()
    temporary.unlink(missing_ok=True)  # nobody holds what is written now
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(path.read_bytes())
        file.flush()
        os.fchown(file.fileno(), was.st_uid, was.st_gid)
        os.fchmod(file.fileno(), stat.S_IMODE(was.st_mode))
        os.fsync(file.fileno())
    os.replace(temporary, target)
    sync_folder(target.parent)

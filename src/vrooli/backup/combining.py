"""Giving back a part that builds on others: all of them fetched, then made one."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vrooli.backup.chains import chain_of
from vrooli.backup.fetching import fetch, look_at, require_empty
from vrooli.backup.keys import Keys
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.backup.streams import Told
from vrooli.core.errors import StorageError
from vrooli.stack.durable import sync_folder

Combine = Callable[[Sequence[Path], Path], None]
"""Makes one of folders, the whole one first, in a new folder."""

WORK = ".chain"


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Gives parts back.

    Attributes:
        store: where their pieces are.
        keys: what opens them.
        combine: what makes one of a chain of a part.
        durable: whether they have to outlast a power cut.
    """

    store: Store
    keys: Keys
    combine: Callable[[Part], Combine]
    durable: bool = True

    def fetch(self, part: Part, folder: Path, owner: tuple[int, int] | None, told: Told) -> None:
        """Have `part`, and what it builds on, in `folder`, which is empty and ours alone. Errors as
        of `fetching.fetch`, and those of `combine`.
        """
        chain = chain_of(part, self.store)
        if len(chain) == 1:
            give = fetch if self.durable else look_at
            give(part, self.store, self.keys, folder, owner, told)
            return
        require_empty(folder)
        try:
            self._combined(chain, folder, told)
            if owner is not None:
                _give(folder, owner)
        except OSError as error:
            raise StorageError(
                f"cannot put it together: {error.strerror}",
                where=error.filename or str(folder),
                next_step="make room there, or make it writable, then again",
            ) from error

    def _combined(self, chain: Sequence[Part], folder: Path, told: Told) -> None:
        work, done = folder / WORK, 0
        copies = [work / f"{number:03}" for number in range(len(chain))]
        work.mkdir(0o700)
        for part, into in zip(chain, copies, strict=True):
            into.mkdir(0o700)
            look_at(part, self.store, self.keys, into, None, _after(done, told))
            done += part.plain
        self.combine(chain[-1])(copies, work / "whole")
        for path in (work / "whole").iterdir():
            path.rename(folder / path.name)
        shutil.rmtree(work)
        sync_folder(folder)


def _after(done: int, told: Told) -> Told:
    return lambda size: told(done + size)


def _give(folder: Path, owner: tuple[int, int]) -> None:
    """The folder last: until then nobody but us gets in, to put a link in our way."""
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            os.chown(os.path.join(root, name), *owner, follow_symlinks=False)
        os.chown(root, *owner, follow_symlinks=False)

"""Composition of repositories of restic: what is held of points is copied into them, checked and
forgotten there.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from vrooli.backup.copying import Told as Sending
from vrooli.backup.fetching import AHEAD
from vrooli.backup.foreign import PIECE, WHOLE, held, opened
from vrooli.backup.keys import Keys
from vrooli.backup.point import Point
from vrooli.backup.rereading import Reread
from vrooli.backup.store import Store
from vrooli.backup.streams import PartReader
from vrooli.core.errors import Damaged, VrooliError
from vrooli.host.restic import ResticBlobs
from vrooli.main.backup_stores import BackupStores

MOST_SHARES = 256
"""Into as many restic divides what it stores at the most."""


@dataclass(frozen=True, slots=True)
class Repositories:
    """Of one home."""

    stores: BackupStores
    keys: Keys

    def blobs(self, name: str) -> ResticBlobs:
        """That of a name.

        Raises:
            SecretError: a reference cannot be resolved.
        """
        return ResticBlobs(self.stores.restic(self.stores.repositories()[name]))

    def spread(self, source: Store, told: Sending) -> tuple[dict[str, int], dict[str, VrooliError]]:
        """Have each hold what it is for of all points of `source`: bytes that were read for it, and
        why one has not everything. Nobody else may be at it.
        """
        sent, errors = dict[str, int](), dict[str, VrooliError]()
        for name in self.stores.repositories():
            try:
                sent[name] = self._filled(name, source, told)
            except VrooliError as error:
                errors[name] = error
        return sent, errors

    def check(self, name: str, days: int | None) -> Reread:
        """Have restic read it again: all, or the share of today, so that all is read within `days`.

        Raises:
            StorageError: something is damaged, or it does not answer.
        """
        blobs = self.blobs(name)
        shares = 1 if days is None else min(days, MOST_SHARES)
        blobs.restic.check(f"{int(time.time() // 86_400) % shares + 1}/{shares}")
        known = blobs.known()
        size = sum(one.size for one in known.values())
        return Reread(len(known), size // shares, size, {}, ())

    def sweep(self, name: str) -> None:
        """Have nothing in it that no point names."""
        blobs = self.blobs(name)
        ids = set(Store(blobs, self.keys.mac).ids())
        left = [one for one, _ in blobs.sizes("parts/") if one.split("/")[1] not in ids]
        blobs.forget(left)
        blobs.restic.prune()

    def _filled(self, name: str, source: Store, told: Sending) -> int:
        blobs, sent = self.blobs(name), 0
        blobs.restic.begin()
        target = Store(blobs, self.keys.mac)
        known = set(target.ids())
        for id in source.ids():
            if id in known:
                continue
            try:
                whole = source.point(id)
            except Damaged:  # told by who reads it for its own sake
                continue
            if (point := held(whole)) is not None:
                # What a killed one left may have been cut: restic takes the end of us for its end.
                blobs.forget([one for one, _ in blobs.sizes(f"parts/{id}/")])
                self._send(whole, point, source, blobs)
                target.keep(point)
                sent += point.plain
                told(name, sent, sent)
        return sent

    def _send(self, whole: Point, point: Point, source: Store, blobs: ResticBlobs) -> None:
        for part in point.parts:
            full = whole.part_of(part.service)
            assert full is not None
            reader = opened(full, source, self.keys, AHEAD, lambda _: None)
            try:
                blobs.restic.keep(str(part.facts[WHOLE]), _pieces(reader))
            finally:
                reader.close()


def _pieces(reader: PartReader) -> Iterator[bytes]:
    """To its end, where its digest is compared."""
    while piece := reader.read(PIECE):
        yield piece

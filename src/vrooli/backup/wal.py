"""WAL in a store: each file by itself, so that it can go there as soon as it is whole.

wal/SERVICE/SYSTEM/STREAM/NAME-0, -1 ...  its pieces, compressed and sealed like packs
wal/SERVICE/SYSTEM/STREAM/NAME.json       it is there when this is, which is written last

A segment that is still being written goes there as `NAME.partial-MILLISECONDS`; the newest counts.
Names are in lower case. Points do not name these, and nothing that sweeps packs touches them.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from vrooli.backup.packs import PIECE, damaged, pack, unpack
from vrooli.backup.point import FORMAT, Pack, sign, signed
from vrooli.backup.sealing import Opener, Seal
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, NotStored, StorageError

_NAME = re.compile(
    r"wal/([a-z0-9-]+)/(\d+)/([0-9a-f]{8}(?:-\d+)?)/"
    r"([0-9a-f]{24}|[0-9a-f]{8}\.history|[0-9a-f]{24}\.partial-\d+)\.json",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class StoredName:
    """Where a file of WAL is.

    Attributes:
        service, system, stream: whose.
        name: of the file, as PostgreSQL has it.
        turn: of one that was still being written, when it was read, ms; 0 of one that is whole.
    """

    service: str
    system: str
    stream: str
    name: str
    turn: int = 0

    @property
    def blob(self) -> str:
        """How the names of its blobs begin."""
        partial = f".partial-{self.turn}" if self.turn else ""
        name = self.name if self.name.endswith(".history") else self.name.lower()
        return f"wal/{self.service}/{self.system}/{self.stream.lower()}/{name.lower()}{partial}"


@dataclass(frozen=True, slots=True)
class StoredWal:
    """What its index says.

    Attributes:
        begun, gap: of its stream.
        seen: until when nothing was missing of that.
        plain: bytes of it.
    """

    begun: float
    seen: float
    gap: str
    plain: int
    packs: tuple[Pack, ...]


@dataclass(frozen=True, slots=True)
class WalShelf:
    """The WAL in a store."""

    store: Store

    def names(self, service: str) -> Iterator[StoredName]:
        """All that is there of a service."""
        for blob, _ in self.store.blobs.sizes(f"wal/{service}/"):
            if (found := _NAME.fullmatch(blob)) is not None:
                yield _stored_name(*found.groups())

    def keep(
        self, name: StoredName, content: bytes, about: tuple[float, float, str], seal: Seal
    ) -> None:
        """Have a file there.

        Args:
            name: which.
            content: of it.
            about: of its stream: when it began, until when it was seen, and why there is a gap.
            seal: what closes it.
        """
        packs = []
        for number, at in enumerate(range(0, len(content), PIECE)):
            made = pack(content[at : at + PIECE], seal)
            self.store.blobs.put(f"{name.blob}-{number}", made.body)
            packs.append(made.pack)
        begun, seen, gap = about
        index = StoredWal(begun, seen, gap, len(content), tuple(packs))
        said = {"format": FORMAT, "name": name.blob, **asdict(index)}
        self.store.blobs.put(f"{name.blob}.json", sign(said, self.store.key))

    def index(self, name: StoredName) -> StoredWal:
        """What is known of a file.

        Raises:
            Damaged: it is not what was written.
        """
        where = f"{self.store.where}: {name.blob}.json"
        said = signed(self.store.blobs.get(f"{name.blob}.json"), self.store.key, where)
        try:
            if said.pop("format") != FORMAT or said.pop("name") != name.blob:
                raise ValueError("it is that of another file")
            packs = tuple(Pack(**one) for one in said.pop("packs"))
            return StoredWal(packs=packs, **said)
        except (KeyError, TypeError, ValueError) as error:
            raise Damaged(
                f"the index of WAL cannot be understood: {error}",
                where=where,
                next_step="a newer version of the program may have written it",
            ) from error

    def content(self, name: StoredName, opener: Opener) -> bytes:
        """What was kept.

        Raises:
            Damaged: it is not what was written, or missing.
        """
        pieces = []
        for number, one in enumerate(self.index(name).packs):
            blob = f"{name.blob}-{number}"
            where = f"{self.store.where}: {blob}"
            try:
                body = self.store.blobs.get(blob)
            except NotStored as error:
                raise damaged(where, "it is missing") from error
            pieces.append(unpack(one, body, opener, where))
        return b"".join(pieces)

    def remove(self, names: Sequence[StoredName]) -> int:
        """Have files gone, the index first; how many a store let go: one that lets nobody remove
        anything keeps them.
        """
        gone = 0
        pieces: dict[str, list[str]] = {}
        for service in {name.service for name in names}:
            for blob, _ in self.store.blobs.sizes(f"wal/{service}/"):
                if not blob.endswith(".json"):
                    pieces.setdefault(blob.rpartition("-")[0], []).append(blob)
        for name in names:
            with suppress(StorageError):
                self.store.blobs.delete(f"{name.blob}.json")
                for blob in pieces.get(name.blob, ()):
                    self.store.blobs.delete(blob)
                gone += 1
        return gone


def _stored_name(service: str, system: str, stream: str, name: str) -> StoredName:
    plain, _, turn = name.partition(".partial-")
    shown = plain if plain.endswith(".history") else plain.upper()
    shown = shown[:8].upper() + shown[8:]
    return StoredName(service, system, stream.upper(), shown, int(turn or 0))

"""WAL in a store: each file by itself, so that it can go there as soon as it is whole.

wal/SERVICE/SYSTEM/STREAM/NAME-0, -1 ...  its pieces, compressed and sealed like packs
wal/SERVICE/SYSTEM/STREAM/NAME.json       it is there when this is, which is written last

A segment that is still being written goes there as `NAME.partial-MILLISECONDS`; the newest counts.
Names are in lower case. Points do not name these, and nothing that sweeps packs touches them.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from vrooli.backup.copies import Copies
from vrooli.backup.packs import PIECE, damaged, mark, pack, require_whole, unpack
from vrooli.backup.point import FORMAT, Pack, sign, signed
from vrooli.backup.sealing import Opener, Seal
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, NotStored, StorageError, VrooliError

T = TypeVar("T")

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
        seen: until when nothing was missing with it, and those before it.
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

    def names(self, service: str = "") -> Iterator[StoredName]:
        """All that is there of a service; of every one where none is named."""
        yield from self.sizes(service)

    def sizes(self, service: str = "") -> dict[StoredName, int]:
        """The same, with the bytes of their pieces."""
        found: dict[StoredName, int] = {}
        pieces: dict[str, int] = {}
        for blob, size in self.store.blobs.sizes(f"wal/{service}/" if service else "wal/"):
            if (match := _NAME.fullmatch(blob)) is not None:
                found[_stored_name(*match.groups())] = 0
            elif not blob.endswith(".json"):
                stem = blob.rpartition("-")[0]
                pieces[stem] = pieces.get(stem, 0) + size
        return {name: pieces.get(name.blob, 0) for name in found}

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
            piece, blob = content[at : at + PIECE], f"{name.blob}-{number}"
            made = pack(piece, seal, mark(piece, self.store.key))
            if self.store.blobs.put(blob, made.body):
                packs.append(made.pack)
            else:  # whoever was killed before its index was there has brought it
                body = self.store.blobs.get(blob)
                sealed = hashlib.sha256(body).hexdigest()
                packs.append(replace(made.pack, name=sealed, size=len(body)))
        begun, seen, gap = about
        index = StoredWal(begun, seen, gap, len(content), tuple(packs))
        said = {"format": FORMAT, "name": name.blob, **asdict(index)}
        self.store.blobs.put(f"{name.blob}.json", sign(said, self.store.key))

    def index(self, name: StoredName) -> StoredWal:
        """What is known of a file.

        Raises:
            NotStored: it is not there.
            Damaged: it is not what was written.
        """
        return self._of_any(lambda shelf: shelf._index(name))

    def _index(self, name: StoredName) -> StoredWal:
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
        return self._of_any(lambda shelf: b"".join(shelf._pieces(name, opener)))

    def tells(self, name: StoredName, content: bytes) -> bool | None:
        """Whether `content` is what was kept, by the marks in the index; None where it cannot be
        read, or has none: older versions wrote none.
        """
        try:
            marks = [one.mark for one in self.index(name).packs]
        except (Damaged, NotStored):
            return None
        if not all(marks):
            return None
        pieces = (content[at : at + PIECE] for at in range(0, len(content), PIECE))
        return marks == [mark(piece, self.store.key) for piece in pieces]

    def copy(self, name: StoredName, target: "WalShelf") -> int:
        """Have a file in another place, as it lies here; bytes of it.

        Raises:
            Damaged: it is not what was written, or missing.
        """
        bodies = list(self._pieces(name, None))
        for number, body in enumerate(bodies):
            target.store.blobs.put(f"{name.blob}-{number}", body)
        target.store.blobs.put(f"{name.blob}.json", self.store.blobs.get(f"{name.blob}.json"))
        return sum(map(len, bodies))

    def require_whole(self, name: StoredName, opener: Opener | None = None) -> int:
        """Whether it is as it was stored, and with a key whether it opens; bytes that were read.

        Raises:
            Damaged: it is not what was written, or missing.
        """
        return self._of_any(lambda shelf: sum(len(piece) for piece in shelf._pieces(name, opener)))

    def _pieces(self, name: StoredName, opener: Opener | None) -> Iterator[bytes]:
        """As they were; as they are stored without a key."""
        for number, one in enumerate(self._index(name).packs):
            blob = f"{name.blob}-{number}"
            where = f"{self.store.where}: {blob}"
            try:
                body = self.store.blobs.get(blob)
            except NotStored as error:
                raise damaged(where, "it is missing") from error
            require_whole(one, body, where)
            yield unpack(one, body, opener, where) if opener else body

    def _of_any(self, read: Callable[["WalShelf"], T]) -> T:
        """What the first place says that has it whole: each was sealed by itself, so that pieces of
        one do not fit the index of another. Of failures that of a place which does not answer
        counts most, since it may have it, and least that it is not there.
        """
        blobs = self.store.blobs
        if not isinstance(blobs, Copies):
            return read(self)
        failures: list[VrooliError] = []
        for place in blobs.in_order():
            try:
                return read(WalShelf(Store(place, self.store.key)))
            except VrooliError as error:
                failures.append(error)
                blobs.note(place, error)
                if not isinstance(error, NotStored):
                    blobs.tell(place, f"{error.where.rpartition('/')[2]}: {error.what}")
        raise min(failures, key=_counts)

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


def _counts(failure: VrooliError) -> int:
    return 2 if isinstance(failure, NotStored) else 1 if isinstance(failure, Damaged) else 0


def _stored_name(service: str, system: str, stream: str, name: str) -> StoredName:
    plain, _, turn = name.partition(".partial-")
    shown = plain if plain.endswith(".history") else plain.upper()
    shown = shown[:8].upper() + shown[8:]
    return StoredName(service, system, stream.upper(), shown, int(turn or 0))

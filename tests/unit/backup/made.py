"""Keys, stores and parts for tests."""

from io import BytesIO

from vrooli.backup.keys import Keys, keys_of
from vrooli.backup.point import Part, Point
from vrooli.backup.sealing import new_identity
from vrooli.backup.store import Store
from vrooli.backup.streams import Stored, pieces, write
from vrooli.host.memory.blobs import MemoryBlobs

ID = "20261128t075212z-3f09ab"


def new_keys() -> Keys:
    """Fresh ones."""
    return keys_of(new_identity(), "a key of manifests")


def new_store(keys: Keys) -> tuple[Store, MemoryBlobs]:
    """An empty one, and what it holds."""
    blobs = MemoryBlobs()
    return Store(blobs, keys.mac), blobs


def stored(data: bytes, store: Store, keys: Keys) -> Stored:
    """`data`, in the store."""
    return write(pieces(BytesIO(data)), store, keys.seal, 2, lambda _: None)


def part_of(written: Stored, service: str = "postgres") -> Part:
    """As a part."""
    return Part(
        "postgres-physical", service, "tar", written.plain, written.digest, tuple(written.packs)
    )


def point_of(*parts: Part, id: str = ID) -> Point:
    """As a point."""
    return Point(id, "stack", "host", 1.0, 2.0, "0.1.0", parts)

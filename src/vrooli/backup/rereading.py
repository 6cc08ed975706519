"""Reading stored packs again, a share at a time, so that all are read within some days: disks and
buckets lose bits without telling anybody.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from vrooli.backup.chains import failing
from vrooli.backup.keys import Keys
from vrooli.backup.packs import name_in_store, unpack
from vrooli.backup.point import Pack, Point, sign, signed
from vrooli.backup.proof import Proof
from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import Damaged, NotOurs, NotStored, VrooliError

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of one store.

    Attributes:
        at: when it was last looked at, Unix seconds; 0 when never.
        read: by name of a pack, when it was read.
    """

    at: float = 0.0
    read: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of one look at one store.

    Attributes:
        packs, size: how many were read, and their bytes; also of WAL.
        of: bytes of all.
        damaged: by name of a blob, what is wrong with it.
        failed: proofs of the points that are concerned.
        wal: what of the WAL is damaged.
        read: names of what was read.
        mended: by name of a blob, where it came from anew.
    """

    packs: int
    size: int
    of: int
    damaged: Mapping[str, str]
    failed: tuple[Proof, ...]
    wal: tuple[StoredName, ...] = ()
    read: frozenset[str] = frozenset()
    mended: Mapping[str, str] = field(default_factory=dict)


def due(sizes: Mapping[str, int], seen: Seen, now: float, days: int) -> list[str]:
    """Which packs are read now: those that were not for longest, as many bytes of the whole as time
    has passed of `days`. Pure.

    Args:
        sizes: bytes by name.
        seen: what was read before.
        now: Unix seconds.
        days: within which all are read; the first look takes the share of one day.
    """
    passed = now - seen.at if seen.at else DAY
    share = sum(sizes.values()) * min(1.0, max(0.0, passed) / (max(1, days) * DAY))
    chosen, size = [], 0.0
    for name in sorted(sizes, key=lambda name: (seen.read.get(name, 0.0), name)):
        if size >= share:
            break
        chosen.append(name)
        size += sizes[name]
    return chosen


def reread(
    store: Store,
    keys: Keys,
    seen: Seen,
    now: float,
    days: int | None,
    told: Callable[[int, int], None],
) -> tuple[Reread, Seen]:
    """Read what is due; what is damaged is written down as proofs that failed.

    Args:
        store: which one.
        keys: what opens packs.
        seen: what was read before.
        now: Unix seconds.
        days: within which all are read; None for everything now.
        told: gets how many bytes of how many were read.

    Raises:
        StorageError, Unreachable, DeadlineExceeded: the store does not answer; nothing was seen.
    """
    packs, holders, damaged, points = _known(store)
    shelf = WalShelf(store)
    # An index alone, whose pieces are missing, is read like any other.
    wal = {name.blob: (name, max(1, size)) for name, size in shelf.sizes().items()}
    sizes = {name: pack.size for name, pack in packs.items()}
    sizes |= {blob: size for blob, (_, size) in wal.items()}
    chosen = list(sizes) if days is None else due(sizes, seen, now, days)
    whole, done = sum(sizes[name] for name in chosen), 0
    for name in chosen:
        try:
            if name in wal:
                shelf.require_whole(wal[name][0], keys.opener)
            else:
                where = f"{store.where}: {name}"
                unpack(packs[name], store.pack(packs[name]), keys.opener, where)
        except NotStored:  # WAL that was removed meanwhile
            continue
        except Damaged as error:
            damaged[name] = error.what
        done += sizes[name]
        told(done, whole)
    failed = tuple(_failed(points, holders, damaged, now))
    for proof in failed:
        with suppress(NotOurs):  # the record of this home has it
            store.keep_proof(proof)
    read = {name: seen.read[name] for name in sizes if name in seen.read}
    read |= {name: now for name in chosen if name not in damaged}
    torn = tuple(wal[name][0] for name in damaged if name in wal)
    of, seen_now = sum(sizes.values()), frozenset(chosen)
    told_of = Reread(len(chosen), whole, of, damaged, failed, torn, seen_now)
    return told_of, Seen(now, read)


def seen_written(seen: Mapping[str, Seen], key: bytes) -> bytes:
    """Of every store, as a small file that carries its own MAC."""
    return sign({name: {"at": one.at, "read": dict(one.read)} for name, one in seen.items()}, key)


def seen_read(data: bytes, key: bytes, where: str) -> dict[str, Seen]:
    """The other way round.

    Raises:
        Damaged: it is not what was written with `key`.
    """
    said = signed(data, key, where)
    return {name: Seen(one["at"], one["read"]) for name, one in said.items()}


Holders = Mapping[str, Sequence[tuple[str, str]]]
"""By name of a blob, the points and services that it is of; of a manifest the service is empty."""


def _known(store: Store) -> tuple[dict[str, Pack], Holders, dict[str, str], list[Point]]:
    """Packs by name; whose they are; manifests that are damaged; all other points."""
    packs: dict[str, Pack] = {}
    holders: dict[str, list[tuple[str, str]]] = {}
    damaged: dict[str, str] = {}
    points: list[Point] = []
    for id, found in store.points():
        if isinstance(found, VrooliError):
            if not isinstance(found, Damaged):
                raise found
            damaged[f"points/{id}.json"] = found.what
            holders[f"points/{id}.json"] = [(id, "")]
            continue
        points.append(found)
        for part in found.parts:
            for pack in part.packs:
                packs[name_in_store(pack)] = pack
                holders.setdefault(name_in_store(pack), []).append((id, part.service))
    return packs, holders, damaged, points


def _failed(
    points: Sequence[Point], holders: Holders, damaged: Mapping[str, str], now: float
) -> list[Proof]:
    """One for each point, with the first reason; also for those that build on it."""
    why: dict[tuple[str, str], str] = {}
    for name, what in damaged.items():
        for holder in holders.get(name, ()):
            why.setdefault(holder, f"{name}: {what}")
    found = {id: reason for (id, _), reason in reversed(why.items())}
    found = failing(points, why) | found
    return [Proof(id, now, "failed", (), reason) for id, reason in found.items()]

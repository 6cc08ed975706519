"""A restore point: one consistent set of what a stack held, as its manifest says. Pure."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from vrooli.core.errors import Damaged
from vrooli.stack.upgrading import RESTORE_POINT

FORMAT = 1
"""Of the manifest and of packs; docs/reference/backup-format.md describes it."""


ARCHIVES = frozenset({"postgres-logical"})
"""Sources whose parts become a new cluster, by who names the point: no server starts on them."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A piece of a part, as it lies in a store.

    Attributes:
        name: SHA-256 of what is stored, in hex: whether it is whole is seen without any key.
        size: bytes that are stored.
        plain: bytes of the piece.
        mark: keyed digest of the piece, by which the next point knows it again; empty in points
            of before there were any.
    """

    name: str
    size: int
    plain: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What came from one source.

    Attributes:
        source: which one.
        service: whose data; empty where it is nobody's.
        form: what the bytes are, like `postgres-physical`.
        plain: bytes of it.
        digest: keyed, of the marks of its pieces (of its bytes in older points): without the key
            nobody can tell what is in it.
        facts: what its source says of it, for people and for whoever puts it back.
    """

    source: str
    service: str
    form: str
    plain: int
    digest: str
    packs: tuple[Pack, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that it takes in a store."""
        return sum(pack.size for pack in self.packs)

    @property
    def left_out(self) -> int:
        """How much is not in it though it was asked for, in files; `lacks` tells of the first."""
        return int(self._after.get("left_out", 0)) if "lacks" in self._after else 0

    @property
    def lacks(self) -> tuple[str, ...]:
        """These, a line each."""
        return tuple(str(line) for line in self._after.get("lacks", ()))

    @property
    def noted(self) -> tuple[int, tuple[str, ...]]:
        """Of how many others something is told, and of the first of them what."""
        after = self._after
        # Older points do not tell the two apart.
        count = after.get("noted", after.get("left_out", 0))
        return int(count), tuple(str(line) for line in after.get("told", ()))

    @property
    def _after(self) -> Mapping[str, Any]:
        return self.facts.get("after") or {}


@dataclass(frozen=True, slots=True)
class Point:
    """The whole of it.

    Attributes:
        stack, host: whose it is.
        begun, taken: Unix seconds; what was committed before `taken` began to be read is in it.
        by: version of the program.
    """

    id: str
    stack: str
    host: str
    begun: float
    taken: float
    by: str
    parts: tuple[Part, ...]

    @property
    def plain(self) -> int:
        """Bytes of what it holds."""
        return sum(part.plain for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes that it takes in a store."""
        return sum(part.size for part in self.parts)

    @property
    def left_out(self) -> int:
        """How many files are not in it though they were asked for."""
        return sum(part.left_out for part in self.parts)

    @property
    def starts(self) -> bool:
        """Whether a restore can have it in force."""
        return not self.parts or any(part.source not in ARCHIVES for part in self.parts)

    def part_of(self, service: str) -> Part | None:
        """What it has of a service."""
        return next((part for part in self.parts if part.service == service), None)


def digest_of(point: Point) -> str:
    """What its manifest says that it holds, as SHA-256 in hex: the same whichever version wrote
    that, and in every store.
    """
    held: list[Any] = [point.id]
    for part in point.parts:
        packs = [pack.name for pack in part.packs]
        held.append([part.service, part.source, part.form, part.plain, part.digest, packs])
    return hashlib.sha256(json.dumps(held, separators=(",", ":")).encode()).hexdigest()


def written(point: Point, key: bytes) -> bytes:
    """The manifest, which whoever has `key` can tell from a forged one."""
    said = {"format": FORMAT, **asdict(point)}
    return json.dumps({**said, "mac": _mac(said, key)}, indent=1).encode() + b"\n"


def read(data: bytes, key: bytes, where: str) -> Point:
    """The point that a manifest describes.

    Raises:
        Damaged: it is not what was written with `key`.
    """
    said = signed(data, key, where)
    try:
        if said.pop("format") != FORMAT:
            raise ValueError("it has another format")
        parts = tuple(_part(part) for part in said.pop("parts"))
        point = Point(parts=parts, **said)
        if not RESTORE_POINT.fullmatch(point.id):
            raise ValueError("its id is none")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(
            f"the manifest cannot be understood: {error}",
            where=where,
            next_step="a newer version of the program may have written it",
        ) from error
    return point


def signed(data: bytes, key: bytes, where: str) -> dict[str, Any]:
    """What a small JSON file says that carries its own MAC.

    Raises:
        Damaged: it is not what was written with `key`.
    """
    try:
        said = json.loads(data)
        mac = said.pop("mac")
        if not hmac.compare_digest(mac, _mac(said, key)):
            raise ValueError("it was signed by another key")
        return dict(said)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(
            "this is not what was written: it was changed or damaged, or the key is another",
            where=where,
            next_step="take another restore point, or the store of another copy",
        ) from error


def sign(said: Mapping[str, Any], key: bytes) -> bytes:
    """The other way round."""
    return json.dumps({**said, "mac": _mac(said, key)}, indent=1).encode() + b"\n"


def _mac(said: Mapping[str, Any], key: bytes) -> str:
    plain = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(key, plain, hashlib.sha256).hexdigest()


def _part(said: Any) -> Part:
    packs = tuple(Pack(**pack) for pack in said.pop("packs"))
    return Part(packs=packs, **said)

"""A store of restore points: packs, manifests, and what became of their proofs.

packs/AB/ABCD...   pieces, named by what they hold
points/ID.json     a point is there when its manifest is, which is written last
proofs/ID/*.json   each time somebody looked whether it can be restored
keys/*.age         the key of the manifests, sealed like the packs
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from vrooli.backup.packs import name_in_store, require_whole
from vrooli.backup.point import Pack, Point, read, written
from vrooli.backup.proof import Proof, proof_read, proof_written, require_of
from vrooli.backup.sealing import Opener, Seal
from vrooli.core.errors import Damaged, NotStored, UsageError, VrooliError
from vrooli.core.ports.blobs import Blobs
from vrooli.stack.pace import untold
from vrooli.stack.upgrading import RESTORE_POINT

Told = Callable[[str], None]
"""Takes a line."""

MAC_KEY = "keys/mac.age"

_PACK = re.compile(r"packs/[0-9a-f]{2}/[0-9a-f]{64}", re.ASCII)
"""Nothing else below that folder is ours to remove."""


@dataclass(frozen=True, slots=True)
class Store:
    """One.

    Attributes:
        key: of the manifests.
    """

    blobs: Blobs
    key: bytes = field(repr=False)

    @property
    def where(self) -> str:
        """Its address, for people."""
        return self.blobs.where

    def ids(self) -> list[str]:
        """All points, the oldest first."""
        names = (
            name.split("/")[-1].removesuffix(".json") for name, _ in self.blobs.sizes("points/")
        )
        return sorted(name for name in names if RESTORE_POINT.fullmatch(name))

    def point(self, wanted: str) -> Point:
        """The one called `wanted`, by its whole id or the beginning; or `latest`.

        Raises:
            UsageError: there is none, or more than one.
            Damaged: it is not what was written.
        """
        known = self.ids()
        found = known[-1:] if wanted == "latest" else [id for id in known if id.startswith(wanted)]
        if len(found) != 1:
            raise _not_one(wanted, found, self.where)
        name = f"points/{found[0]}.json"
        point = read(self.blobs.get(name), self.key, f"{self.where}: {name}")
        if point.id != found[0]:
            raise _renamed(name, point, self.where)
        return point

    def points(self) -> Iterator[tuple[str, Point | VrooliError]]:
        """All of them, the oldest first; in the place of one that cannot be read, why."""
        for id in self.ids():
            try:
                yield id, self.point(id)
            except VrooliError as error:
                yield id, error

    def keep(self, point: Point) -> None:
        """Have it there, from now on."""
        self.blobs.put(f"points/{point.id}.json", written(point, self.key))

    def good(self, told: Told = untold) -> Iterator[Point]:
        """Those that can be had in force and whose last proof did not fail, the newest first. One
        that cannot be read, or whose proof cannot, is passed over, and told.
        """
        for id in reversed(self.ids()):
            try:
                proof = self.proof(id)
                if proof is not None and proof.outcome == "failed":
                    continue
                point = self.point(id)
            except VrooliError as error:
                _pass_over(id, error, told)
                continue
            if point.starts:
                yield point

    def newest_good(self, service: str = "", told: Told = untold) -> Point:
        """The newest one of these; with `service` one that has it. Without it and any of these the
        newest one that can be read.

        Raises:
            UsageError: there is none.
            VrooliError: none can be read, with why of the newest.
        """
        for point in self.good(told):
            if not service or point.part_of(service) is not None:
                return point
        if service:
            raise _not_one("latest", [], f"{service} in {self.where}")
        failure: VrooliError | None = None
        for id in reversed(self.ids()):
            try:
                return self.point(id)
            except VrooliError as error:
                _pass_over(id, error, told)
                failure = failure or error
        raise failure or _not_one("latest", [], self.where)

    def newest_whole(self, declared: Collection[str] = (), told: Told = untold) -> Point:
        """Of the good ones the newest one that holds as many parts as any: what is taken of single
        services in between is none. What is not `declared` any more does not count, unless nothing
        is.

        Raises:
            UsageError: there is none.
        """

        def count(point: Point) -> int:
            return sum(not declared or part.service in declared for part in point.parts)

        found = self.newest_good(told=told)
        for point in self.good(told):
            if count(point) > count(found):
                found = point
        return found

    def sweep(self) -> int:
        """Remove packs that no point names: what runs left that failed or were killed. Nobody may
        be writing meanwhile.

        Returns:
            how many there were; 0 when a point cannot be read, whose packs are not known.
        """
        named = set[str]()
        for _, found in self.points():
            if isinstance(found, VrooliError):
                return 0
            named |= {name_in_store(pack) for part in found.parts for pack in part.packs}
        there = (name for name, _ in self.blobs.sizes("packs/"))
        left = [name for name in there if _PACK.fullmatch(name) and name not in named]
        for name in left:
            self.blobs.delete(name)
        return len(left)

    def forget(self, id: str) -> None:
        """Have a point be none any more; its packs and proofs stay until they are swept."""
        self.blobs.delete(f"points/{id}.json")

    def sweep_proofs(self) -> None:
        """Remove proofs of points that are there no more."""
        known = set(self.ids())
        left = [name for name, _ in self.blobs.sizes("proofs/") if _is_left(name, known)]
        for name in left:
            self.blobs.delete(name)

    def keep_pack(self, pack: Pack, body: bytes) -> None:
        """Have it there; again is harmless."""
        self.blobs.put(name_in_store(pack), body)

    def pack(self, pack: Pack) -> bytes:
        """What was stored.

        Raises:
            Damaged: it is missing, or not what was stored.
        """
        from vrooli.backup.packs import damaged

        name = name_in_store(pack)
        try:
            body = self.blobs.get(name)
        except NotStored as error:
            raise damaged(f"{self.where}: {name}", "it is missing") from error
        require_whole(pack, body, f"{self.where}: {name}")
        return body

    def keep_proof(self, proof: Proof) -> None:
        """Write down what became of a proof."""
        name = f"proofs/{proof.point}/{proof.at:017.6f}-{secrets.token_hex(3)}.json"
        self.blobs.put(name, proof_written(proof, self.key))

    def proof(self, id: str, point: Point | None = None) -> Proof | None:
        """The last one of a point that says something; else the last one.

        Args:
            id: of the point.
            point: the same, for whoever takes `verified` for an answer: it is of what that holds.

        Raises:
            Damaged: it is not what was written, or is of another point.
        """
        names = [name for name, _ in self.blobs.sizes(f"proofs/{id}/")]
        found = None
        for name in reversed(names):
            where = f"{self.where}: {name}"
            one = proof_read(self.blobs.get(name), self.key, where)
            require_of(one, id, point, where)
            if one.outcome != "unverified":
                return one
            found = found or one
        return found

    def last_look(self, point: Point) -> Proof | None:
        """The same, for people: in the place of one that is damaged an `unverified` one that says
        so.
        """
        try:
            return self.proof(point.id, point)
        except Damaged as error:
            why = f"its last proof counts for nothing: {error.said_of('')}"
            return Proof(point.id, 0.0, "unverified", why=why)

    def share_key(self, seal: Seal) -> None:
        """Have the key of the manifests there for whoever can open the packs: on another machine
        there is nothing else to know them by. Who can is another matter once recipients were
        added: then it lies there once more, for them.
        """
        self.blobs.put(MAC_KEY, seal.close(self.key))
        if len(seal.recipients) > 1:
            told = hashlib.sha256("\n".join(sorted(seal.recipients)).encode()).hexdigest()
            self.blobs.put(f"keys/mac-{told[:16]}.age", seal.close(self.key))


def _pass_over(id: str, error: VrooliError, told: Told) -> None:
    """Say so; unless it is the store that gives no answer, which is none about this point."""
    if error.retryable:
        raise error
    told(f"{id} is passed over: {error.in_a_line}")


def _is_left(proof: str, known: set[str]) -> bool:
    """Whether it is one, of a point that is there no more."""
    point = proof.split("/")[1]
    return point not in known and bool(RESTORE_POINT.fullmatch(point))


def opened(blobs: Blobs, opener: Opener) -> Store:
    """A store of another machine, known by its identity alone.

    Raises:
        UsageError: there is no store.
        Damaged: the identity is another.
    """
    names = [name for name, _ in blobs.sizes("keys/")]
    if not names:
        raise UsageError(
            "there are no restore points here",
            where=blobs.where,
            next_step="name the folder or bucket that `vrooli backup run` wrote to",
        )
    return Store(blobs, _key(blobs, opener, names))


def _key(blobs: Blobs, opener: Opener, names: list[str]) -> bytes:
    """It lies there once for each set of recipients that there was."""
    failure: Damaged | None = None
    for name in names:
        try:
            return opener.open(blobs.get(name), f"{blobs.where}: {name}")
        except Damaged as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _not_one(wanted: str, found: list[str], where: str) -> UsageError:
    if not found:
        none = "no restore point yet" if wanted == "latest" else f"no restore point `{wanted}`"
        return UsageError(
            f"there is {none}",
            where=where,
            next_step="`vrooli backup list` shows them, `vrooli backup run` takes one",
        )
    return UsageError(
        f"`{wanted}` begins {len(found)} restore points: {', '.join(found[:5])}",
        where=where,
        next_step="write more of it",
    )


def _renamed(name: str, point: Point, where: str) -> VrooliError:
    from vrooli.backup.packs import damaged

    return damaged(f"{where}: {name}", f"it is the manifest of {point.id}")

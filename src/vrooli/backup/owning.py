"""Whose a store is: of several homes with the same key one alone writes to it and removes from it.
Another one would take what is not finished for a leftover, and prune by what it knows itself.

owners/000001.json   the first one; then each that took it over: the last one counts

None is ever changed, so that who writes need not be able to remove, and of two at once one wins.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from threading import Lock

from vrooli.backup.point import FORMAT, sign, signed
from vrooli.backup.store import Store
from vrooli.core.errors import Busy, Damaged, NotOurs
from vrooli.core.ports.blobs import Blobs

OWNERS = "owners/"


@dataclass(frozen=True, slots=True)
class Owner:
    """A home.

    Attributes:
        home: id of it, at random.
        host, stack: whose, for people.
        at: when it became the owner, Unix seconds.
    """

    home: str
    host: str
    stack: str
    at: float


def owner_of(store: Store) -> Owner | None:
    """The one that counts; None where there is none yet.

    Raises:
        Damaged: it is not what was written, or by another key.
    """
    last = _last(store)
    if not last:
        return None
    where = f"{store.where}: {last}"
    try:
        said = signed(store.blobs.get(last), store.key, where)
        return Owner(said["home"], said["host"], said["stack"], said["at"])
    except (Damaged, KeyError) as error:
        raise Damaged(
            "whose store it is cannot be read",
            where=where,
            next_step="`vrooli backup store adopt NAME` makes it this home's",
        ) from error


def claim(store: Store, own: Owner, known: Collection[str]) -> None:
    """Whether the store is `own`; from now on where it is nobody's.

    Args:
        store: which one.
        own: this home, now.
        known: ids of points that this home has seen. What is nobody's and holds others alone is
            of somebody who has not written since there were owners.

    Raises:
        NotOurs: it belongs to another home.
        Damaged: nobody can tell.
    """
    if require_not_others(store, own, known) is None:
        _put(store, 1, own)
        require_not_others(store, own, known)


def require_not_others(store: Store, own: Owner, known: Collection[str]) -> Owner | None:
    """The same, without a change: its owner, None where it has none yet and may be `own`.

    Raises:
        NotOurs: it belongs to another home.
        Damaged: nobody can tell.
    """
    found = owner_of(store)
    if found is None and (ids := store.ids()) and not set(ids) & set(known):
        raise _not_ours(store, "its restore points are those of another home")
    if found is not None and found.home != own.home:
        raise _not_ours(
            store, f"it belongs to the home of {found.stack or 'a stack'} on {found.host}"
        )
    return found


def adopt(store: Store, own: Owner) -> None:
    """Have it be `own`, whoever's it was.

    Raises:
        Busy: somebody else did at the same moment.
    """
    last = _last(store)
    number = int(last.removeprefix(OWNERS).removesuffix(".json")) + 1 if last else 1
    if not _put(store, number, own):
        raise Busy(
            "somebody else takes it over at this moment",
            where=store.where,
            next_step="see who, by `vrooli backup store check`",
        )


def _put(store: Store, number: int, own: Owner) -> bool:
    said = {"format": FORMAT, **asdict(own)}
    return store.blobs.put(f"{OWNERS}{number:06}.json", sign(said, store.key))


def _last(store: Store) -> str:
    """Its name; empty where there is none."""
    names = (name for name, _ in store.blobs.sizes(OWNERS))
    return max((name for name in names if name[len(OWNERS) : -5].isdigit()), default="")


def _not_ours(store: Store, why: str) -> NotOurs:
    return NotOurs(
        f"{why}, and one home alone writes to a store",
        where=store.where,
        next_step="name another folder, bucket or prefix for this home; when the other one is gone "
        "for good, `vrooli backup store adopt NAME --yes` makes it this one's",
    )


class OwnedBlobs:
    """Port `Blobs`: another, which is written to and removed from by its owner alone.

    Args:
        blobs: the other.
        required: raises NotOurs; asked once, before the first change.
    """

    def __init__(self, blobs: Blobs, required: Callable[[], None]) -> None:
        self._blobs, self._required = blobs, required
        self._lock, self._known = Lock(), False

    @property
    def where(self) -> str:
        """See the port."""
        return self._blobs.where

    def put(self, name: str, data: bytes) -> bool:
        """See the port; NotOurs."""
        self.require()
        return self._blobs.put(name, data)

    def delete(self, name: str) -> None:
        """See the port; NotOurs."""
        self.require()
        self._blobs.delete(name)

    def get(self, name: str) -> bytes:
        """See the port."""
        return self._blobs.get(name)

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See the port."""
        return self._blobs.sizes(prefix)

    def require(self) -> None:
        """Whether it may be changed.

        Raises:
            NotOurs: it may not.
        """
        with self._lock:
            if not self._known:
                self._required()
                self._known = True

"""Several places that hold the same blobs, read as one: what is damaged or away in one comes from
the next. One that gave no answer is asked again only for what no other has: each time would take
its whole patience.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from vrooli.backup.point import signed
from vrooli.core.errors import Damaged, NotStored, VrooliError
from vrooli.core.ports.blobs import Blobs

Told = Callable[[str], None]
"""Takes a line about what came from elsewhere."""


class Copies:
    """Port `Blobs`, over others.

    Args:
        places: at least one; the first one is asked first, and alone written to.
        key: of the manifests.
        told: hears of each place that failed, once.
        away: where those are that gave no answer; whoever makes several of us shares it.
    """

    def __init__(
        self, places: Sequence[Blobs], key: bytes, told: Told, away: set[str] | None = None
    ) -> None:
        self.places, self._key, self._told = places, key, told
        self._said: set[str] = set()
        self._away = set[str]() if away is None else away

    @property
    def where(self) -> str:
        """See the port."""
        return self.places[0].where

    def put(self, name: str, data: bytes) -> bool:
        """See the port."""
        return self.places[0].put(name, data)

    def delete(self, name: str) -> None:
        """See the port."""
        self.places[0].delete(name)

    def get(self, name: str) -> bytes:
        """See the port. Damaged in every place, it is what the first one that has it holds."""
        damaged: bytes | None = None
        failure: VrooliError | None = None
        for place in self.in_order():
            try:
                body = place.get(name)
            except VrooliError as error:
                self.note(place, error)
                if failure is None or isinstance(failure, NotStored):
                    failure = error
                if not isinstance(error, NotStored):
                    self.tell(place, error.in_a_line)
                continue
            if is_whole(name, body, self._key):
                return body
            damaged = body if damaged is None else damaged
            self.tell(place, f"{name} is damaged there")
        if damaged is not None:
            return damaged
        assert failure is not None
        raise failure

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See the port. What any of them has, as far as they answer."""
        found: dict[str, int] = {}
        answered, failure = False, None
        for place in self.in_order():
            if answered and place.where in self._away:
                continue
            try:
                found = dict(place.sizes(prefix)) | found
                answered = True
            except VrooliError as error:
                self.note(place, error)
                failure = failure or error
                self.tell(place, error.in_a_line)
        if failure is not None and not answered:
            raise failure
        yield from sorted(found.items())

    def in_order(self) -> list[Blobs]:
        """Those that answer first, as far as is known."""
        return sorted(self.places, key=lambda place: place.where in self._away)

    def note(self, place: Blobs, error: VrooliError) -> None:
        """What one said instead of an answer."""
        if error.retryable:
            self._away.add(place.where)

    def tell(self, place: Blobs, what: str) -> None:
        """Have it heard that one failed."""
        if place.where not in self._said:
            self._said.add(place.where)
            self._told(f"{place.where}: {what}; another store is asked")


def is_whole(name: str, body: bytes, key: bytes) -> bool:
    """Whether a blob of this name is what was written, as far as it tells by itself."""
    if name.startswith("packs/"):
        return hashlib.sha256(body).hexdigest() == name.rpartition("/")[2]
    # A piece of WAL tells nothing by its name: `WalShelf` asks its index.
    if name.startswith(("points/", "proofs/")) or (
        name.startswith("wal/") and name.endswith(".json")
    ):
        try:
            signed(body, key, name)
        except Damaged:
            return False
    return True

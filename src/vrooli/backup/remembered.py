"""A place of blobs whose manifests and proofs are asked for once: a plan looks at all of them, more
than once, and each is a request to a bucket.
"""

from collections.abc import Iterator

from vrooli.core.ports.blobs import Blobs

MOST = 64 * 1024 * 1024
"""Bytes that are kept: a manifest of a large database has megabytes."""

_PROOFS = "proofs/"
_SMALL = ("points/", _PROOFS)


class Remembered:
    """Port `Blobs`, over another one, for as long as a look takes."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._held: dict[str, bytes] = {}
        self._room = MOST
        self._proofs: list[tuple[str, int]] | None = None

    @property
    def where(self) -> str:
        """See the port."""
        return self._blobs.where

    def put(self, name: str, data: bytes) -> bool:
        """See the port."""
        return self._blobs.put(name, data)

    def delete(self, name: str) -> None:
        """See the port."""
        self._blobs.delete(name)

    def get(self, name: str) -> bytes:
        """See the port. None of what is kept ever changes."""
        if name in self._held:
            return self._held[name]
        body = self._blobs.get(name)
        if name.startswith(_SMALL) and len(body) <= self._room:
            self._held[name] = body
            self._room -= len(body)
        return body

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See the port. Proofs are listed once, and not for each point."""
        if not prefix.startswith(_PROOFS):
            yield from self._blobs.sizes(prefix)
            return
        if self._proofs is None:
            self._proofs = list(self._blobs.sizes(_PROOFS))
        yield from (one for one in self._proofs if one[0].startswith(prefix))

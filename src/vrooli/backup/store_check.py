"""Looking whether a store does what backups need of it: by doing it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from vrooli.core.errors import NotStored, VrooliError
from vrooli.core.ports.blobs import Blobs

PROBES = "probes/"
"""Folder of what is written for a look."""


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was tried.

    Attributes:
        what: a word.
        ok: whether it is as it should be; None where that cannot be told, or does not matter.
        said: what was seen.
    """

    what: str
    ok: bool | None
    said: str


def failed(what: str, error: VrooliError) -> Look:
    """It, in one line."""
    return Look(what, False, f"{error.what}; {error.next_step}".rstrip("; "))


def used(blobs: Blobs, removes: bool) -> list[Look]:
    """Write, write again, read, list and remove a small blob.

    Args:
        blobs: as whoever writes.
        removes: whether whoever writes may remove, or somebody else does that here.
    """
    name = f"{PROBES}{secrets.token_hex(8)}"
    looks: list[Look] = []

    def tried(what: str, act: Callable[[], Look]) -> bool:
        try:
            looks.append(act())
        except VrooliError as error:
            looks.append(failed(what, error))
        return looks[-1].ok is not False

    def write() -> Look:
        blobs.put(name, b"one")
        return Look("write", True, "it takes what is written")

    def keep() -> Look:
        kept = not blobs.put(name, b"two") and blobs.get(name) == b"one"
        said = "what is there is never written again" if kept else "it writes over what is there"
        return Look("keep", kept, said)

    def read() -> Look:
        found = any(one == name for one, _ in blobs.sizes(PROBES))
        said = "it lists what it has" if found else "what was written is not listed"
        return Look("list", found, said)

    def remove() -> Look:
        try:
            blobs.delete(name)
            blobs.get(name)
        except NotStored:
            said = "who writes may remove"
            return Look("remove", True if removes else None, said)
        except VrooliError as error:
            return Look("remove", None, f"who writes may not remove: {error.what}")
        return Look("remove", False, "what was removed is still there")

    if tried("write", write):
        tried("keep", keep)
        tried("list", read)
        tried("remove", remove)
    return looks

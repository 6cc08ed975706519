"""The last file of a part that is a tar, without what is before it: the manifest of a server, which
its next copy is compared with.
"""

import tarfile

from vrooli.backup.keys import Keys
from vrooli.backup.packs import damaged, name_in_store, unpack
from vrooli.backup.point import Part
from vrooli.backup.store import Store

_BLOCK = 512


def last_file(part: Part, name: str, store: Store, keys: Keys) -> bytes:
    """What the tar holds under `name`, its last member. Pieces are fetched from the end on, until
    the head of that is seen.

    Raises:
        Damaged: a piece is, or there is no such member.
    """
    tail = b""
    for one in reversed(part.packs):
        where = f"{store.where}: {name_in_store(one)}"
        tail = unpack(one, store.pack(one), keys.opener, where) + tail
        if (found := _found(tail, name, part.plain - len(tail))) is not None:
            return found
    raise damaged(store.where, f"there is no {name} in what was stored")


def _found(tail: bytes, name: str, begin: int) -> bytes | None:
    """Whoever may write rows could have put a name and a head into a table: the member must go to
    the very end of the tar.
    """
    at, wanted = len(tail), name.encode() + b"\0"
    while (at := tail.rfind(wanted, 0, at)) >= 0:
        if (begin + at) % _BLOCK or at + _BLOCK > len(tail):
            continue
        try:
            head = tarfile.TarInfo.frombuf(tail[at : at + _BLOCK], "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            continue
        end = at + _BLOCK + head.size
        if not tail[end:].strip(b"\0") and len(tail) - end < 20 * _BLOCK + _BLOCK:
            return tail[at + _BLOCK : end]
    return None

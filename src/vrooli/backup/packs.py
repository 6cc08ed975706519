"""Packs: a piece of a stream, compressed with a checksum of its own, then sealed.

By hand: `age -d -i KEY PACK | zstd -d`; the pieces of a part, one after the other, are the part.
"""

import hashlib
import hmac
from dataclasses import dataclass

import zstandard

from vrooli.backup.point import Pack
from vrooli.backup.sealing import Opener, Seal
from vrooli.core.errors import Damaged

PIECE = 16 * 1024 * 1024
"""Bytes of a piece: several are under way at once, and each lies in memory twice."""

LEVEL, HASH_LOG = 1, 13
"""Of zstd: level 1 is twice as fast as 3, and a few hundredths larger. Its table with one bit less
fits into the nearest cache of a processor: a tenth faster on a database, which comes out as large,
dumps a hundredth smaller, and programs 4 hundredths larger.
"""


@dataclass(frozen=True, slots=True)
class Packed:
    """A pack, and what is to be stored under its name."""

    pack: Pack
    body: bytes


def name_in_store(pack: Pack) -> str:
    """Where it lies: folders of 256, for file systems and people."""
    return f"packs/{pack.name[:2]}/{pack.name}"


def mark(piece: bytes | bytearray | memoryview, key: bytes) -> str:
    """What a piece is known by, to whoever has the key of the manifests. Another key than theirs:
    whoever can have a piece of their own choice backed up must not get it signed.
    """
    own = hmac.digest(key, b"marks of pieces", "sha256")
    return hmac.digest(own, piece, "sha256").hex()


def pack(piece: bytes | memoryview, seal: Seal, mark: str = "") -> Packed:
    """Make one."""
    how = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, source_size=len(piece), hash_log=HASH_LOG, write_checksum=True
    )
    body = seal.close(zstandard.ZstdCompressor(compression_params=how).compress(piece))
    return Packed(Pack(hashlib.sha256(body).hexdigest(), len(body), len(piece), mark), body)


def require_whole(pack: Pack, body: bytes, where: str) -> None:
    """Whether it is what was stored; this takes no key.

    Raises:
        Damaged: it is not.
    """
    if len(body) != pack.size or hashlib.sha256(body).hexdigest() != pack.name:
        raise damaged(where, "it is not what was stored")


def unpack(pack: Pack, body: bytes, opener: Opener, where: str) -> bytes:
    """The piece again.

    Raises:
        Damaged: it is not what was stored, or cannot be opened.
    """
    require_whole(pack, body, where)
    try:
        piece = zstandard.ZstdDecompressor().decompress(
            opener.open(body, where), max_output_size=pack.plain
        )
    except zstandard.ZstdError as error:
        raise damaged(where, f"it cannot be decompressed: {error}") from error
    if len(piece) != pack.plain:
        raise damaged(where, "it has another length than was stored")
    return piece


def damaged(where: str, what: str) -> Damaged:
    """The error about a piece."""
    return Damaged(
        what,
        where=where,
        next_step="go back to another restore point: `vrooli backup list` says which were verified",
    )

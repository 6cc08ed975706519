"""Tokens in files."""

import hashlib
import hmac
from pathlib import Path

MAX_TOKEN_BYTES = 4096


class TokenFile:
    """A token on disk that may be replaced at any time: it is read again whenever the file looks
    different.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name
        self._seen: tuple[int, int, int] | None = None
        self._digest: bytes | None = None

    def matches(self, candidate: str) -> bool:
        """Whether `candidate` is the token. False as long as the file is missing, unreadable or
        empty.
        """
        self._refresh()
        if self._digest is None:
            return False
        return hmac.compare_digest(self._digest, _digest(candidate.encode("utf-8", "replace")))

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if seen != self._seen:
                with self._path.open("rb") as file:
                    token = file.read(MAX_TOKEN_BYTES).strip()
                self._seen, self._digest = seen, _digest(token) if token else None
        except OSError:
            self._seen = self._digest = None


def _digest(token: bytes) -> bytes:
    # Hashing makes both sides equally long: compare_digest alone would tell the token's length.
    return hashlib.sha256(token).digest()

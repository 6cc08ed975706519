"""Who may ask what. Everything needs a token except the routes under `routes/health.py` that say
so.

Two tokens, each in a 0600 file: one opens everything; the other (optional) opens `/metrics` only,
so that a scraper's configuration (Prometheus: `authorization.credentials_file`) never holds an
operator's power.
"""

import hashlib
import hmac
from pathlib import Path

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.exceptions import HTTPException

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


class RequireToken(SecurityBase):
    """FastAPI dependency: refuses with 401 unless the bearer token is in one of `files`.

    As a security scheme of FastAPI's it stands in the schema too, by the names of the files.
    """

    def __init__(self, *files: TokenFile) -> None:
        self._files = files
        self.scheme_name = " or ".join(file.name for file in files)
        self.model = HTTPBearer()

    def __call__(self, request: Request) -> None:
        """Compare against every file, so that the time taken does not tell which one exists."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        granted = [file.matches(token.strip()) for file in self._files]
        if scheme.lower() != "bearer" or not any(granted):
            raise HTTPException(401, "a valid bearer token is needed")


def _digest(token: bytes) -> bytes:
    # Hashing makes both sides equally long: compare_digest alone would tell the token's length.
    return hashlib.sha256(token).digest()

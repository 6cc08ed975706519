"""What is shown to the server: signed tokens of sessions, and random ones of keys, invitations and
hosts.

Of random ones only digests are kept. They are 32 bytes from the system's generator, which nobody
guesses, so that a plain hash is enough.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any

import jwt

ACCESS_SECONDS = 300
REFRESH_SECONDS = 30 * 86_400
"""A session that nobody used for so long is over."""

MAX_TOKEN = 4096
KEY_PREFIX, INVITATION_PREFIX, HOST_PREFIX = "vrk_", "vri_", "vrh_"

_ALGORITHM, _ISSUER = "HS256", "vrooli"
_ACCESS, _REFRESH = "access", "refresh"
_REQUIRED = ("exp", "iat", "iss", "aud", "sid")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs tokens of sessions, and knows its own again.

    Attributes:
        key: secret of this server and of those beside it. With another one all sessions are over.
    """

    key: str = field(repr=False)

    def access(self, session: str, now: float) -> str:
        """Opens the API for `ACCESS_SECONDS`, while the session lasts."""
        return self._sign(_ACCESS, {"sid": session}, now, ACCESS_SECONDS)

    def refresh(self, session: str, generation: int, now: float) -> str:
        """Can be exchanged, once, for a new pair."""
        claims = {"sid": session, "gen": generation}
        return self._sign(_REFRESH, claims, now, REFRESH_SECONDS)

    def session_of(self, token: str) -> str | None:
        """Whose access token it is: the session; None when it is none, or was one."""
        claims = self._read(_ACCESS, token)
        return None if claims is None else str(claims["sid"])

    def generation_of(self, token: str) -> tuple[str, int] | None:
        """Session and generation of a refresh token; None when it is none."""
        claims = self._read(_REFRESH, token)
        if claims is None or not isinstance(claims.get("gen"), int):
            return None
        return str(claims["sid"]), claims["gen"]

    def _sign(self, audience: str, claims: dict[str, Any], now: float, seconds: int) -> str:
        times = {"iat": int(now), "exp": int(now) + seconds}
        body = {"iss": _ISSUER, "aud": audience, **times, **claims}
        return jwt.encode(body, self.key, _ALGORITHM)

    def _read(self, audience: str, token: str) -> dict[str, Any] | None:
        if len(token) > MAX_TOKEN:
            return None
        try:
            return jwt.decode(
                token,
                self.key,
                algorithms=[_ALGORITHM],
                audience=audience,
                issuer=_ISSUER,
                # When it was made is not compared: the clock of another server may go before.
                options={"require": list(_REQUIRED), "verify_iat": False},
            )
        except (jwt.InvalidTokenError, ValueError):  # also of bytes that are no text
            return None


@dataclass(frozen=True, slots=True)
class Random:
    """A token that was just made; the only time that it is seen.

    Attributes:
        id: names it where it is not to be shown.
        token: the whole.
        digest: what is kept.
    """

    id: str
    token: str = field(repr=False)
    digest: bytes


def make(prefix: str) -> Random:
    """One whose beginning says what it is for, so that people and scanners know it by sight."""
    name = secrets.token_hex(6)
    token = f"{prefix}{name}_{secrets.token_urlsafe(32)}"
    return Random(name, token, digest(token))


def digest(token: str) -> bytes:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

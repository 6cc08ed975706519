"""Passes: what the console shows to the watchdog and to the server, to act as the person who is
signed in there, for some minutes at a time.

A pass is a JWT signed with HMAC-SHA-256, which any library reads. It is made and read with the
standard library alone, for the watchdog reads it.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

SECONDS = 300
"""The longest that a pass is good."""

MAX_PASS = 2048
"""Characters; a longer one is none."""

VIEWER, OPERATOR, ADMIN = "viewer", "operator", "admin"
ROLES = (VIEWER, OPERATOR, ADMIN)
"""Each may do what the ones before it may."""

FOR_WATCHDOG, FOR_SERVER, FOR_CONSOLE = "watchdog", "server", "console"
"""Audiences: who takes a pass. The last is that of the link which signs somebody in."""

CONSOLE_KEY = "console-key"
"""The secret of console and watchdog. The server shares another one with the console: whoever takes
the server over must not gain the watchdog with it."""

LINK_OWNER = "operator"
"""The name of whoever came by the link of `vrooli up`: what the token of the stack is called."""

_HEADER = {"alg": "HS256", "typ": "JWT"}
_ISSUER = "vrooli-console"


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts.

    Attributes:
        name: an e-mail address, or `operator` for whoever came by the link of `vrooli up`.
        role: one of `ROLES`.
    """

    name: str
    role: str

    def may(self, needed: str) -> bool:
        """Whether it may do what needs that role."""
        return ROLES.index(self.role) >= ROLES.index(needed)


@dataclass(frozen=True, slots=True)
class Passes:
    """Makes passes for one who takes them, and knows them again.

    Attributes:
        key: secret of those two.
        audience: who takes them: one that is made for another opens nothing.
    """

    key: str = field(repr=False)
    audience: str

    def make(self, person: Person, now: float, seconds: int = SECONDS, **more: str) -> str:
        """A pass that is good until `now + seconds` (unix seconds)."""
        times = {"iat": int(now), "exp": int(now) + seconds}
        claims = {"iss": _ISSUER, "aud": self.audience, **times}
        body = {**claims, "sub": person.name, "role": person.role, **more}
        signed = f"{_coded(_HEADER)}.{_coded(body)}"
        return f"{signed}.{self._signature(signed)}"

    def person(self, shown: str, now: float) -> Person | None:
        """Whose pass it is; None when it is none, for somebody else, or of yesterday."""
        claims = self.claims(shown, now)
        return None if claims is None else Person(claims["sub"], claims["role"])

    def claims(self, shown: str, now: float) -> dict[str, Any] | None:
        """What is said in it; None as `person`."""
        signed, _, signature = shown.rpartition(".")
        if len(shown) > MAX_PASS or not shown.isascii():
            return None
        if not hmac.compare_digest(self._signature(signed), signature):
            return None
        head, _, body = signed.partition(".")
        claims = _decoded(body)
        return claims if _decoded(head) == _HEADER and self._is_good(claims, now) else None

    def _is_good(self, claims: dict[str, Any], now: float) -> bool:
        ends, named = claims.get("exp"), claims.get("sub")
        return (
            (claims.get("iss"), claims.get("aud")) == (_ISSUER, self.audience)
            and isinstance(ends, int)
            and now < ends
            and isinstance(named, str)
            and claims.get("role") in ROLES
        )

    def _signature(self, signed: str) -> str:
        digest = hmac.new(self.key.encode(), signed.encode(), hashlib.sha256).digest()
        return _text(digest)


def _coded(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decoded(text: str) -> dict[str, Any]:
    """Of what was signed; empty when it holds no object."""
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

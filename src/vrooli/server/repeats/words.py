"""What is known of a request that may be sent again. Pure."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LARGEST = 64 * 1024
"""Characters of an answer that is kept."""

Seal = Callable[[bytes], bytes]
"""Tells one request from another without telling what was in it: that may be a password."""

BUSY = "busy"
"""`code` of a 503 that says that nothing was begun."""

_SECRET = ("token", "secret", "password")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        caller: who asked; each has keys of its own.
        key: named by the caller, the same whenever the request is sent again.
        seal: of all that it says.
    """

    caller: str
    key: str
    seal: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request was answered.

    Attributes:
        status: HTTP status.
        secret: it held one, which is not kept.
        text: JSON without secrets; None where it was too large.
    """

    status: int
    secret: bool
    text: str | None

    @property
    def same(self) -> bool:
        """Whether this is all that was answered."""
        return self.text is not None and not self.secret

    @property
    def unknown(self) -> bool:
        """Whether the server failed in the middle of it: nobody knows what was done by then."""
        return self.status >= 500


@dataclass(frozen=True, slots=True)
class Before:
    """The same key was sent before.

    Attributes:
        seal: of the request then.
        seconds: since it began.
        answered: how it was answered; None while nobody knows.
    """

    seal: bytes
    seconds: float
    answered: Answered | None


def sealed_by(secret: str) -> Seal:
    """Seals that nobody can make, or try passwords against, who has not this secret."""
    key = hashlib.sha256(b"requests\n" + secret.encode()).digest()
    return lambda said: hmac.digest(key, said, "sha256")


def nothing_done(status: int, body: bytes) -> bool:
    """Whether an answer says that nothing was done. Many a route commits first, and then finds
    that PostgreSQL is away: a failure says nothing.
    """
    if status == 503:
        return bool(_read(body).get("code") == BUSY)
    return 400 <= status < 500


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def answered(status: int, body: bytes) -> Answered:
    """What is kept of an answer: of a failure, that it was one."""
    if status >= 500:
        return Answered(status, False, None)
    try:
        said = json.loads(body)
    except ValueError:
        return Answered(status, False, None)
    kept = without_secrets(said)
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return Answered(status, kept != said, text if len(text) <= LARGEST else None)


def without_secrets(said: Any) -> Any:
    """An answer without the members whose names say that they are secrets: `token`, `access_token`
    and so on. What lies deeper is kept anyway, as inputs of a run are.
    """
    if not isinstance(said, dict):
        return said
    return {name: one for name, one in said.items() if name.rpartition("_")[2] not in _SECRET}

"""For which stack a request is meant: two of one machine may come to want the same port."""

import hashlib
import hmac

HEADER = "vrooli-stack"
"""Of requests to a server."""

MISDIRECTED = 421
"""How it answers what is meant for another one (RFC 9110, 15.5.20)."""


def mark_of(signing_key: str) -> str:
    """The same for all servers of a stack, and for no other stack; nobody learns the key by it."""
    return hmac.digest(signing_key.encode(), b"which stack", hashlib.sha256).hex()[:32]

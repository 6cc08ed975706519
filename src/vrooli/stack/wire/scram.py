"""SCRAM-SHA-256 (RFC 5802, RFC 7677): the client's side, and what PostgreSQL stores."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import os

from vrooli.core.errors import AccessDenied, ProtocolError

DEFAULT_ITERATIONS = 4096
"""As PostgreSQL (`scram_iterations`) and RFC 7677, section 4; our passwords are random anyway."""

MOST_ITERATIONS = 1_000_000
"""A hostile server could keep us calculating. OWASP's advice for passwords of people is 600,000."""

BLOCKING_ITERATIONS = 20_000
"""Above this the sum takes over 10 ms and goes to a thread, so that other checks are not late."""

_GS2_HEADER = "n,,"


def verifier(password: str, salt: bytes | None = None, iterations: int = DEFAULT_ITERATIONS) -> str:
    """What `pg_authid.rolpassword` holds: lets a server check `password`, and nobody read it."""
    salt = os.urandom(16) if salt is None else salt
    salted = _salted(password, salt, iterations)
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    server = _hmac(salted, b"Server Key")
    return f"SCRAM-SHA-256${iterations}:{_b64(salt)}${_b64(stored)}:{_b64(server)}"


class Client:
    """One authentication: `first`, then `final`, then `verify`.

    Args:
        user: as in RFC 5802; PostgreSQL takes it from the startup message and wants it empty.
        password: plain text.
        nonce: for the test vector; random otherwise.
    """

    def __init__(self, user: str, password: str, nonce: str | None = None) -> None:
        self._password = password
        self._nonce = nonce or _b64(os.urandom(18))
        name = user.replace("=", "=3D").replace(",", "=2C")
        self._first_bare = f"n={name},r={self._nonce}"
        self._server_signature = b""

    def first(self) -> bytes:
        """The client-first-message."""
        return (_GS2_HEADER + self._first_bare).encode()

    async def final(self, server_first: bytes) -> bytes:
        """The client-final-message that answers `server_first`.

        Raises:
            ProtocolError: the message is malformed, or the server did not take up our nonce.
        """
        text = _ascii(server_first)
        fields = _fields(text)
        nonce, salt, iterations = _challenge(fields)
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise ProtocolError("the server answered to another authentication than ours")
        if iterations > BLOCKING_ITERATIONS:
            salted = await asyncio.to_thread(_salted, self._password, salt, iterations)
        else:
            salted = _salted(self._password, salt, iterations)
        without_proof = f"c={_b64(_GS2_HEADER.encode())},r={nonce}"
        message = ",".join((self._first_bare, text, without_proof)).encode()
        self._server_signature = _hmac(_hmac(salted, b"Server Key"), message)
        key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        return f"{without_proof},p={_b64(proof)}".encode()

    def verify(self, server_final: bytes) -> None:
        """The server must prove that it knows our password too.

        Raises:
            AccessDenied: it refused us.
            ProtocolError: it does not know the password, so it is not our server.
        """
        fields = _fields(_ascii(server_final))
        if "e" in fields:
            raise AccessDenied(
                f"the server refuses our password ({fields['e'][:60]})",
                next_step="correct user and password in its URL",
            )
        proof = _unb64(fields.get("v", ""))
        if not self._server_signature or not hmac.compare_digest(proof, self._server_signature):
            raise ProtocolError("the server could not prove that it knows our password")


def _challenge(fields: dict[str, str]) -> tuple[str, bytes, int]:
    digits = fields.get("i", "")
    if "m" in fields or not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise ProtocolError("the server's SCRAM challenge is malformed")
    salt, iterations = _unb64(fields.get("s", "")), int(digits)
    if not salt or not 1 <= iterations <= MOST_ITERATIONS:
        raise ProtocolError("the server's SCRAM challenge is out of bounds")
    return fields.get("r", ""), salt, iterations


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if len(key) != 1 or not equals:
            raise ProtocolError("a SCRAM message of the server is malformed")
        found.setdefault(key, value)
    return found


def _salted(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", _prepared(password), salt, iterations)


def _prepared(password: str) -> bytes:
    """SASLprep (RFC 4013) as PostgreSQL does it: a password that it forbids is taken as it is."""
    if password.isascii():
        return password.encode()
    import stringprep  # large tables, needed for passwords beyond ASCII alone
    import unicodedata

    mapped = "".join(
        " " if stringprep.in_table_c12(c) else "" if stringprep.in_table_b1(c) else c
        for c in password
    )
    normal = unicodedata.normalize("NFKC", mapped)
    forbidden = any(
        stringprep.in_table_c21_c22(c) or stringprep.in_table_a1(c) or stringprep.in_table_c3(c)
        for c in normal
    )
    return (password if forbidden or not normal else normal).encode()


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolError("a SCRAM message of the server is malformed") from error


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise ProtocolError("a SCRAM message of the server is malformed") from error

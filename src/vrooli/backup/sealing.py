"""Sealing by age (https://age-encryption.org/v1): whoever writes needs public keys alone, and need
not be able to read.
"""

from dataclasses import dataclass, field

import pyrage

from vrooli.core.errors import ConfigError, Damaged


@dataclass(frozen=True, slots=True)
class Seal:
    """Closes.

    Attributes:
        recipients: `age1...`; any one of their identities opens it.
    """

    recipients: tuple[str, ...]

    def close(self, data: bytes) -> bytes:
        """`data`, sealed."""
        return bytes(pyrage.encrypt(data, [_recipient(text) for text in self.recipients]))


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens what was sealed for one of its identities."""

    identities: tuple[str, ...] = field(repr=False)

    def open(self, data: bytes, where: str) -> bytes:
        """What was sealed.

        Raises:
            Damaged: it was sealed for others, or is not what was written.
        """
        keys = [_identity(text) for text in self.identities]
        try:
            return bytes(pyrage.decrypt(data, keys))
        except pyrage.DecryptError as error:
            raise Damaged(
                f"it cannot be opened: {error}",
                where=where,
                next_step="give the identity that it was sealed for; if that is the one, it is "
                "damaged: take another restore point",
            ) from error


def new_identity() -> str:
    """A fresh one: `AGE-SECRET-KEY-1...`. Whoever has it can read all that is sealed for it."""
    return str(pyrage.x25519.Identity.generate())


def recipient_of(identity: str) -> str:
    """The public half."""
    return str(_identity(identity).to_public())


def _identity(text: str) -> "pyrage.x25519.Identity":
    try:
        return pyrage.x25519.Identity.from_str(text.strip())
    except pyrage.IdentityError as error:
        raise ConfigError(
            f"this is no identity of age: {error}",
            next_step="it begins with AGE-SECRET-KEY-1; `age-keygen` makes one",
        ) from None


def _recipient(text: str) -> "pyrage.x25519.Recipient":
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise ConfigError(
            f"this is no recipient of age: {error}",
            where=text[:80],
            next_step="it begins with age1; `age-keygen -y KEYFILE` prints it",
        ) from error

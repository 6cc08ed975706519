"""Port `Secrets`, in memory."""

import secrets
from collections.abc import Mapping

from vrooli.core.errors import SecretError, UnsetVariable


class MemorySecrets:
    """Knows the references that it was given, and makes up our own secrets.

    Attributes:
        values: secret by reference (`env:NAME`, `file:PATH`); a test may change them.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})
        self._own: dict[str, str] = {}

    def resolve(self, reference: str) -> str:
        """The value behind `reference`. Raises SecretError, UnsetVariable."""
        if not reference.startswith(("env:", "file:")):
            raise SecretError(
                "a secret must be a reference", next_step="write `env:NAME` or `file:PATH`"
            )
        value = self.values.get(reference)
        if value is None:
            missing = UnsetVariable if reference.startswith("env:") else SecretError
            raise missing("there is no such secret", where=reference, next_step="make it")
        if not value or "\0" in value:
            raise SecretError(
                "the secret cannot be used",
                where=reference,
                next_step="write `env:NAME` or `file:PATH`",
            )
        return value.removesuffix("\n")

    def create(self, name: str) -> str:
        """The value of our own secret `name`, the same every time."""
        if not name or "/" in name or name.startswith("."):
            raise SecretError(
                "not a name for a secret", where=name, next_step="name a file without a folder"
            )
        return self._own.setdefault(name, secrets.token_urlsafe(32))

"""Port: secret values behind references (`env:NAME`, `file:PATH`, `resource:NAME`)."""

from typing import Protocol


class Secrets(Protocol):
    """Resolves references. Values go into a child's environment or a driver, nowhere else."""

    def resolve(self, reference: str) -> str:
        """The value, or `SecretError` naming the reference; `UnsetVariable` when there is none to
        look at.
        """
        ...

    def create(self, name: str) -> str:
        """The value of our own secret `name` (`<home>/secrets/<name>`, 0600), made at random when
        it is not there yet.
        """
        ...

"""The kinds and checks that a stack file may name."""

from typing import Protocol

import vrooli.stack.builtin
import vrooli.stack.resources
from vrooli.core import discover
from vrooli.stack.kind import Kind, NoOptions
from vrooli.stack.model import Role, Thresholds


class Catalogue(Protocol):
    """Finds kinds by name."""

    def resource_kinds(self) -> list[str]:
        """The words that `kind =` takes."""
        ...

    def kind(self, role: Role, name: str) -> Kind:
        """The kind of this name, which must exist."""
        ...


class InstalledKinds:
    """The kinds in the folders `resources/` and `builtin/`; only those that are asked for are
    imported."""

    def resource_kinds(self) -> list[str]:
        """See the protocol."""
        return discover.names(vrooli.stack.resources)

    def kind(self, role: Role, name: str) -> Kind:
        """See the protocol."""
        package = vrooli.stack.resources if role == "resource" else vrooli.stack.builtin
        return discover.load(package, name, "KIND", Kind)


class Checks(Protocol):
    """Finds checks and recovery actions by name; the subsystem that owns them implements it."""

    def names(self) -> list[str]:
        """Checks that the product brings."""
        ...

    def kinds(self) -> list[str]:
        """Checks that only look when a stack declares one of them."""
        ...

    def options(self, name: str) -> type:
        """The dataclass of the keys that only this check knows."""
        ...

    def thresholds(self, name: str) -> Thresholds | None:
        """Its own; None when it judges by itself."""
        ...

    def asks(self, name: str) -> str:
        """The kind of the resource that its key `resource` names; empty when it has none."""
        ...

    def actions(self) -> list[str]:
        """Recovery actions on the machine."""
        ...

    def healers(self) -> list[str]:
        """Recovery actions on a service."""
        ...


class NoChecks:
    """A product without checks."""

    def names(self) -> list[str]:
        """None."""
        return []

    def kinds(self) -> list[str]:
        """None."""
        return []

    def options(self, name: str) -> type:
        """None."""
        return NoOptions

    def thresholds(self, name: str) -> Thresholds | None:
        """None."""
        return None

    def asks(self, name: str) -> str:
        """None."""
        return ""

    def actions(self) -> list[str]:
        """None."""
        return []

    def healers(self) -> list[str]:
        """None."""
        return []

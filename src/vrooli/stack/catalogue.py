"""The kinds that a stack file may name."""

from typing import Protocol

import vrooli.stack.builtin
import vrooli.stack.resources
from vrooli.core import discover
from vrooli.stack.kind import Kind
from vrooli.stack.model import Role


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

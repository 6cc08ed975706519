"""From a service to the kind that knows it. Only the kinds that a stack uses are imported."""

import vrooli.stack.builtin
import vrooli.stack.resources
from vrooli.core import discover
from vrooli.stack.kind import Kind
from vrooli.stack.model import Service


def kind_of(service: Service) -> Kind:
    """The kind of `service`: resource kinds from `resources/`, scenario kinds from `builtin/`."""
    package = vrooli.stack.resources if service.role == "resource" else vrooli.stack.builtin
    return discover.load(package, service.kind, "KIND", Kind)


def resource_kinds() -> list[str]:
    """The words that `kind =` takes."""
    return discover.names(vrooli.stack.resources)

"""All vendors, found as files in `models/`."""

from functools import cache

import vrooli.execution.models
from vrooli.core import discover
from vrooli.execution.model_vendor import Vendor


def names() -> list[str]:
    """Of all vendors, sorted."""
    return discover.names(vrooli.execution.models)


@cache
def vendor(name: str) -> Vendor:
    """The vendor of that name, which must be one of `names()`."""
    return discover.load(vrooli.execution.models, name, "vendor", Vendor)

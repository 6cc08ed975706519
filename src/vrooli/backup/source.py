"""What can be backed up besides the data of services; a file each in `sources/`."""

from collections.abc import Mapping

import vrooli.backup.sources
from vrooli.core import discover
from vrooli.stack.backing import Backing
from vrooli.stack.runtime import Context


class Source:
    """One file."""

    def backings(self, context: Context) -> Mapping[str, Backing]:
        """What it has for this stack, by the name under which it is in a restore point."""
        return {}


def backings_besides(context: Context) -> dict[str, Backing]:
    """Of all sources, in the order of their names."""
    found: dict[str, Backing] = {}
    for name in discover.names(vrooli.backup.sources):
        source = discover.load(vrooli.backup.sources, name, "SOURCE", Source)
        found |= source.backings(context)
    return found

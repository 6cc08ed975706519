"""Port `Resolver`, made up: for tests of checks."""

from collections.abc import Mapping

from vrooli.core.errors import Unresolved


class MemoryResolver:
    """Knows what it was told."""

    def __init__(self, known: Mapping[str, list[str]] | None = None) -> None:
        self.known = dict(known or {})

    async def resolve(self, name: str) -> list[str]:
        """See the port."""
        if not self.known.get(name):
            raise Unresolved("cannot be resolved: no such name", name)
        return list(self.known[name])

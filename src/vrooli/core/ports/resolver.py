"""Port: names to addresses, as programs on this machine resolve them."""

from typing import Protocol


class Resolver(Protocol):
    """Asks the system's resolver: /etc/hosts, DNS, and whatever else it is set up to ask."""

    async def resolve(self, name: str) -> list[str]:
        """Addresses of `name`, at least one.

        Raises:
            Unreachable: no resolver answered, or it knows no such name.
        """
        ...

"""Asking a Redis about itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vrooli.core.address import Address
from vrooli.core.errors import ProtocolError
from vrooli.core.ports.streams import Streams
from vrooli.stack.wire import resp

Keyspace = Mapping[str, Mapping[str, int]]
"""By database, like `db0`: `keys`, and `expires`, how many of them end by themselves."""

_DATABASE = re.compile(r"db\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asker:
    """Of one server.

    Attributes:
        password: empty where none is needed.
    """

    streams: Streams
    address: Address
    password: str = field(default="", repr=False)

    async def call(self, *words: str) -> str:
        """The answer to one command.

        Raises:
            RedisError: it is an error.
            AccessDenied, Unreachable, ProtocolError: as `resp.ask_at`.
        """
        return await self.call_in("", *words)

    async def call_in(self, database: str, *words: str) -> str:
        """The same in a database, like `db3`."""
        login = (self.password,) if self.password else ()
        number = database.removeprefix("db")
        return await resp.ask_at(self.streams, self.address, login, *words, database=number)

    async def info(self, *sections: str) -> dict[str, str]:
        """What INFO says."""
        said: dict[str, str] = {}
        for section in sections:
            for line in (await self.call("INFO", section)).splitlines():
                name, colon, value = line.partition(":")
                if colon and not line.startswith("#"):
                    said[name] = value
        return said

    async def keyspace(self) -> dict[str, dict[str, int]]:
        """How many keys there are."""
        return counts_of(await self.info("keyspace"))


def number(said: Mapping[str, str], name: str) -> int:
    """A whole number of INFO.

    Raises:
        ProtocolError: there is none of this name.
    """
    try:
        return int(said[name])
    except (KeyError, ValueError) as error:
        raise ProtocolError(
            f"this Redis does not tell `{name}`", next_step="a newer version of it does"
        ) from error


def counts_of(said: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """How many keys there are, of what INFO says."""
    return {name: _counts(value) for name, value in said.items() if _DATABASE.fullmatch(name)}


def _counts(value: str) -> dict[str, int]:
    pairs = (part.partition("=") for part in value.split(","))
    return {name: int(count) for name, _, count in pairs if name in ("keys", "expires")}

"""Port `Resolver`: the system's, and the twin."""

import pytest

from vrooli.core.errors import Unreachable
from vrooli.core.ports.resolver import Resolver
from vrooli.host.memory.resolver import MemoryResolver
from vrooli.host.resolver import SystemResolver


@pytest.fixture(params=["system", "memory"])
def resolver(request: pytest.FixtureRequest) -> Resolver:
    return SystemResolver() if request.param == "system" else MemoryResolver(HOSTS)


HOSTS = {"localhost": ["127.0.0.1"], "127.0.0.1": ["127.0.0.1"]}


async def test_a_known_name_has_addresses_each_once(resolver: Resolver) -> None:
    found = await resolver.resolve("localhost")
    assert found
    assert len(found) == len(set(found))


async def test_an_address_is_its_own(resolver: Resolver) -> None:
    assert await resolver.resolve("127.0.0.1") == ["127.0.0.1"]


@pytest.mark.parametrize("name", ["no-such-name.invalid", "a" * 300 + ".invalid"])
async def test_an_unknown_name_says_so(resolver: Resolver, name: str) -> None:
    with pytest.raises(Unreachable, match="cannot be resolved"):
        await resolver.resolve(name)

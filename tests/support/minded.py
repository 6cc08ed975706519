"""A watchdog that a real keeper minds: it does nothing but beat."""

import json
import sys
from pathlib import Path

from tests.support import beating
from tests.support.keeper_home import KeeperHome, until
from vrooli.core.identity import Identity
from vrooli.core.launch import Launch, LaunchSpec
from vrooli.host.keeper_client import KeeperClient

PROGRAM = str(Path(beating.__file__))


def watchdog(place: KeeperHome) -> LaunchSpec:
    """One that beats every 0.1 s."""
    command = [sys.executable, "-I", "-S", PROGRAM, str(place.home.keeper_socket)]
    own = place.spec(*command, "{}", "0.1", service="autoheal").to_json()
    return place.spec(*command, json.dumps(own), "0.1", service="autoheal")


async def beats(place: KeeperHome, count: int = 1) -> None:
    """Wait until so many more heartbeats were answered."""
    wanted = place.said("autoheal").count('"ok":true,"result":true') + count
    await until(lambda: place.said("autoheal").count('"ok":true,"result":true') >= wanted)


async def current(keeper: KeeperClient) -> Identity:
    """The watchdog that lives now."""
    told = (await keeper.ping())["watchdog"]
    assert told is not None
    return Launch.from_json(told).identity

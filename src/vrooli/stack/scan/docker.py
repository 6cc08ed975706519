"""Containers of the Docker Engine that run."""

import json
from collections.abc import Sequence
from typing import Any

from vrooli.core.address import UnixPath
from vrooli.core.errors import ProtocolError, Unreachable
from vrooli.core.ports.listeners import Listener
from vrooli.stack.scanning.source import Source, Thing, Tools
from vrooli.stack.wire.engine import ask

SECONDS = 3.0
"""For the Engine's answer."""

_LIST = "/containers/json"
"""Without `all` it lists what runs."""


async def _look(tools: Tools) -> Sequence[Thing]:
    engine = UnixPath(tools.docker)
    if tools.files.facts(engine.path) is None:
        return ()
    try:
        answer = await ask(tools.streams, engine, _LIST, SECONDS)
    except Unreachable:
        return ()  # the socket is there, and the Engine is not
    if answer.status != 200:
        raise ProtocolError(f"the Docker Engine answered HTTP {answer.status}", where=str(engine))
    return things(json.loads(answer.body), tools.listeners)


def things(listed: Any, listeners: Sequence[Listener]) -> list[Thing]:
    """One for each container of the Engine's answer. Pure."""
    found = [_thing(one, listeners) for one in listed if one.get("Names")]
    return sorted(found, key=lambda thing: thing.name)


def _thing(one: dict[str, Any], listeners: Sequence[Listener]) -> Thing:
    name = str(one["Names"][0]).lstrip("/")
    ports = {int(port["PublicPort"]) for port in one.get("Ports") or () if port.get("PublicPort")}
    known = [x for x in listeners if x.port in ports or x.container == one.get("Id")]
    silent = ports - {listener.port for listener in known}  # published without a proxy
    known += [Listener("0.0.0.0", port) for port in sorted(silent)]
    image = str(one.get("Image", "")).partition("@")[0]
    return Thing(name, "docker", name, tuple(known), f"container {name} of {image}")


SOURCE = Source("docker", "containers that run", 10, _look)

"""Listening TCP ports."""

from collections.abc import Sequence

from vrooli.core.ports.listeners import Listener
from vrooli.stack.scanning.source import Source, Thing, Tools


async def _look(tools: Tools) -> Sequence[Thing]:
    return things(tools.listeners)


def things(listeners: Sequence[Listener]) -> list[Thing]:
    """One for each port. Pure."""
    by_port: dict[int, list[Listener]] = {}
    for listener in listeners:
        by_port.setdefault(listener.port, []).append(listener)
    return [_thing(port, found) for port, found in sorted(by_port.items())]


def _thing(port: int, found: list[Listener]) -> Thing:
    first = found[0]
    who = first.process or "a process that is hidden from us"
    whose = f" of user {first.user}" if first.user else ""
    name = first.process or f"port-{port}"
    return Thing(name, listeners=tuple(found), about=f"{who}{whose}, on port {port}")


SOURCE = Source("listeners", "listening TCP ports", 30, _look)

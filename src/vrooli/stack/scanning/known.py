"""What a stack file has already, so that nothing is listed twice. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.stack.compile_held import NAMED_BY
from vrooli.stack.model import Stack
from vrooli.stack.scanning.source import Thing


@dataclass(frozen=True, slots=True)
class Known:
    """Attributes:
    names: of services.
    ports: that they have, and the watchdog.
    held: (runtime, name there) of containers and units.
    """

    names: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset()
    held: frozenset[tuple[str, str]] = field(default_factory=frozenset)


def known(stack: Stack, written: Mapping[str, Any]) -> Known:
    """What `stack` declares; `written` is its file as TOML has it."""
    services = stack.services.values()
    sections = [
        section
        for role in ("resources", "scenarios")
        for section in written.get(role, {}).values()
        if isinstance(section, dict)
    ]
    held = {
        (runtime, str(section[key]))
        for runtime, key in NAMED_BY.items()
        for section in sections
        if key in section
    }
    names = {name for service in services for name in (service.name, service.group)}
    ports = {service.port for service in services} | {stack.autoheal.port}
    return Known(frozenset(names), frozenset(ports - {0}), frozenset(held))


def new(things: list[Thing], known: Known) -> list[Thing]:
    """Those of `things` that are not known, each once: what an earlier one has found is not found
    again by a later one, on whatever address.
    """
    found, ports, held = [], set(known.ports), set(known.held)
    for thing in things:
        mine = {listener.port for listener in thing.listeners}
        identity = (thing.runtime, thing.key)
        if identity in held or mine & ports:
            ports |= mine
            continue
        if thing.key:
            held.add(identity)
        ports |= mine
        found.append(thing)
    return found

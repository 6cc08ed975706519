"""Which services an operation is about beside those that were named. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from vrooli.stack import graph
from vrooli.stack.model import Stack
from vrooli.stack.wanted import Wanted


def stopped(stack: Stack, chosen: Collection[str], wanted: Wanted) -> set[str]:
    """`chosen`, and what loses with them what it needs."""
    return set(chosen) | graph.left_without(stack, chosen, wanted.running)


def started(stack: Stack, chosen: Collection[str], wanted: Wanted) -> set[str]:
    """`chosen`, what they need, and what was stopped only because one of these was: it runs again
    when all that it needs does.
    """
    found = set(chosen) | graph.transitive_needs(stack, chosen)
    if not wanted.along:
        return found
    met = {one.group for one in stack.services.values() if wanted.running(one.name)}
    back = {stack.services[name].group for name in found}
    for wave in graph.start_waves(stack):
        for name in sorted(wave - found):
            service = stack.services[name]
            all_there = set(service.needs) <= met | back
            if wanted.along.get(name) and all_there and back & set(service.needs):
                found.add(name)
                back.add(service.group)
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """What an operation would do to services that were not named.

    Attributes:
        action: start, stop, restart and so on.
        names: the services that were named.
        stops: are stopped too, because they lose what they need.
        starts: are started too: what is needed, and what was stopped along with it.
        without: run on, and miss meanwhile what they need.
    """

    action: str
    names: tuple[str, ...]
    stops: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The shape of the API."""
        lists = {"stops": self.stops, "starts": self.starts, "without": self.without}
        told = {key: list(names) for key, names in lists.items()}
        return {"action": self.action, "names": list(self.names), **told}


def plan(action: str, stack: Stack, chosen: Collection[str], wanted: Wanted) -> Plan:
    """Of `action` on `chosen`, as things are."""
    names = tuple(sorted(chosen))
    losing = sorted(name for name in stopped(stack, chosen, wanted) if wanted.running(name))
    others = tuple(name for name in losing if name not in chosen)
    if action in ("stop", "down"):
        return Plan(action, names, stops=others)
    missing = sorted(name for name in started(stack, chosen, wanted) if not wanted.running(name))
    starts = tuple(name for name in missing if name not in chosen)
    return Plan(action, names, starts=starts, without=others if action == "restart" else ())

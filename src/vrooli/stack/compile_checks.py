"""What must hold between services: names, needs, references, ports."""

import re
from collections.abc import Collection, Iterable, Mapping

from vrooli.core.nearest import did_you_mean
from vrooli.stack.graph import find_cycle
from vrooli.stack.model import Service
from vrooli.stack.names import NAME_EXPECTED, valid_name
from vrooli.stack.own import ALIASES, plain_name
from vrooli.stack.problem import KeyPath, Problems, Section

MOST_SERVICES = 1000
_NUMBERED = re.compile(r"(.+)-[0-9]+\Z", re.ASCII)
_ANY_ADDRESS = ("0.0.0.0", "::", "*")


def check_names(paths: Iterable[KeyPath], problems: Problems) -> None:
    """Names are well formed, given once, and not those of another service's instances."""
    seen: dict[str, KeyPath] = {}
    for path in paths:
        name = plain_name(str(path[-1]))
        if not valid_name(name):
            problems.add(path, f"expected {NAME_EXPECTED}")
        elif name in seen:
            other = ".".join(map(str, seen[name]))
            problems.add(path, f"the name `{name}` is taken by {other}")
        seen.setdefault(name, path)
    for name, path in seen.items():
        match = _NUMBERED.match(name)
        if match and match[1] in seen:
            problems.add(path, f"clashes with the names of the instances of `{match[1]}`")


def check_number(services: Collection[str], problems: Problems) -> None:
    """They are not too many."""
    if len(services) > MOST_SERVICES:
        problems.add((), f"more than {MOST_SERVICES} services")


def check_table(names: Collection[str], most: int, what: str, section: Section) -> None:
    """A table of sections by names of their own: each is well formed, and they are not too many."""
    if len(names) > most:
        section.problems.add(section.path, f"more than {most} {what}")
    for name in names:
        if not valid_name(name):
            section.problems.add((*section.path, name), f"expected {NAME_EXPECTED}")


def check_needs(
    needs: Mapping[str, Collection[str]], paths: Mapping[str, KeyPath], problems: Problems
) -> None:
    """Needed services exist, and nobody waits for himself. Keys of `needs` are all declared
    names."""
    for name, wanted in needs.items():
        for need in wanted:
            if need not in needs:
                text = f"needs `{need}`, which is no service of this stack"
                problems.add((*paths[name], "needs"), f"{text}{_hint(need, name, needs)}")
    cycle = find_cycle({name: list(wanted) for name, wanted in needs.items()})
    if cycle:
        problems.add((*paths[cycle[0]], "needs"), f"needs form a cycle: {' -> '.join(cycle)}")


def _hint(need: str, name: str, needs: Iterable[str]) -> str:
    others = [other for other in needs if other != name]
    near = did_you_mean(need, [*others, *ALIASES])
    return near or (f" (there are: {', '.join(sorted(others))})" if others else "")


def check_references(
    services: Mapping[str, Service],
    broken: Collection[str],
    paths: Mapping[str, KeyPath],
    problems: Problems,
) -> None:
    """`resource:NAME` names a resource."""
    resources = [service.name for service in services.values() if service.role == "resource"]
    for service in services.values():
        for key, value in service.env.items():
            scheme, _, name = value.partition(":")
            if scheme == "resource" and name and name not in resources and name not in broken:
                hint = did_you_mean(name, resources)
                path = (*paths[service.group], "env", key)
                problems.add(path, f"`resource:{name}` names no resource of this stack{hint}")


def check_ports(
    services: Mapping[str, Service], paths: Mapping[str, KeyPath], problems: Problems
) -> None:
    """No two managed services want the same port of the same address."""
    holders: dict[int, list[Service]] = {}
    for service in services.values():
        if not service.managed or not service.port:
            continue
        for other in holders.get(service.port, []):
            if _same_address(service.host, other.host):
                # The watchdog has a port also where the file says nothing about it.
                blamed, holder = (other, service) if service.is_watchdog else (service, other)
                path = (*paths[blamed.group], "port")
                text = f"port {blamed.port} of `{blamed.name}` is also that of `{holder.name}`"
                problems.add(path, f"{text}; give one of them another `port`")
        holders.setdefault(service.port, []).append(service)


def _same_address(one: str, other: str) -> bool:
    one, other = (host.replace("localhost", "127.0.0.1") for host in (one, other))
    return one == other or one in _ANY_ADDRESS or other in _ANY_ADDRESS

"""Who needs whom, as pure functions over the compiled stack.

`needs` names groups. A need on a group is met when *any* instance of it is healthy: one `web-2`
that is down does not block what needs `web`. For starting, all instances of a needed group come
first.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from vrooli.core.errors import ConfigError
from vrooli.stack.model import Service, Stack


def find_cycle(needs: Mapping[str, Iterable[str]]) -> list[str] | None:
    """A cycle as `["a", "b", "a"]`, or None. Names that are not keys of `needs` have no needs of
    their own."""
    done: set[str] = set()
    for root in needs:
        cycle = _walk(root, needs, done)
        if cycle:
            return cycle
    return None


def _walk(root: str, needs: Mapping[str, Iterable[str]], done: set[str]) -> list[str] | None:
    """Depth first without recursion: a chain of a thousand services is legal."""
    path: list[str] = []
    stack = [(root, False)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            path.pop()
            done.add(name)
        elif name in path:
            return [*path[path.index(name) :], name]
        elif name not in done:
            path.append(name)
            stack.append((name, True))
            stack.extend((need, False) for need in needs.get(name, ()))
    return None


def members(stack: Stack, group: str) -> list[str]:
    """The services of a group, in declared order; empty for an unknown one."""
    return [service.name for service in stack.services.values() if service.group == group]


def direct_needs(stack: Stack, name: str) -> set[str]:
    """The services that `name` needs itself: all instances of its needed groups."""
    groups = set(stack.services[name].needs)
    return {service.name for service in stack.services.values() if service.group in groups}


def all_needs(stack: Stack) -> dict[str, set[str]]:
    """`direct_needs` of every service, in one pass."""
    return _edges(stack)


def transitive_needs(stack: Stack, names: str | Iterable[str]) -> set[str]:
    """All that `names` need, and what that needs, without `names` themselves unless one needs
    another."""
    starts = _listed(names)
    if not any(stack.services[name].needs for name in _known(stack, starts)):
        return set()
    return _reach(starts, _edges(stack))


def dependents(stack: Stack, names: str | Iterable[str]) -> set[str]:
    """All that need one of `names`, directly or through others."""
    return dependents_by(needed_by(stack), names)


def needed_by(stack: Stack) -> dict[str, set[str]]:
    """For each service those that need it themselves: for who asks about dependents often, since
    in a stack of a thousand services this takes some milliseconds.
    """
    backwards: dict[str, set[str]] = {name: set() for name in stack.services}
    for name, needs in _edges(stack).items():
        for need in needs:
            backwards[need].add(name)
    return backwards


def dependents_by(backwards: Mapping[str, set[str]], names: str | Iterable[str]) -> set[str]:
    """`dependents`, from what `needed_by` gave."""
    return _reach(_listed(names), backwards)


def left_without(stack: Stack, stopped: Collection[str], runs: Callable[[str], bool]) -> set[str]:
    """All that stopping `stopped` takes away what it needs: a group is met while any instance of it
    is left.

    Args:
        stack: with all of them.
        stopped: what is about to be stopped.
        runs: whether a service is meant to run until then.
    """
    left: dict[str, set[str]] = {}
    needing: dict[str, set[str]] = {}
    for service in stack.services.values():
        left.setdefault(service.group, set())
        if runs(service.name):
            left[service.group].add(service.name)
        for group in service.needs:
            needing.setdefault(group, set()).add(service.name)
    found: set[str] = set()
    todo = _known(stack, stopped)
    while todo:
        name = todo.pop()
        group = stack.services[name].group
        left[group].discard(name)
        if not left[group]:
            new = needing.get(group, set()) - found - set(stopped)
            found |= new
            todo.extend(new)
    return found


def start_waves(stack: Stack) -> list[set[str]]:
    """Sets of services that can start in parallel, each set after those before it. Raises
    ConfigError on a cycle."""
    edges = _edges(stack)
    waves: list[set[str]] = []
    placed: set[str] = set()
    while len(placed) < len(edges):
        wave = {name for name, needs in edges.items() if name not in placed and needs <= placed}
        if not wave:
            raise ConfigError(
                f"needs form a cycle: {' -> '.join(find_cycle(edges) or [])}",
                next_step="take one of these needs out",
            )
        waves.append(wave)
        placed |= wave
    return waves


def stop_order(stack: Stack) -> list[set[str]]:
    """The waves backwards: whoever needs something stops before it."""
    return start_waves(stack)[::-1]


def stop_seconds(stack: Stack) -> float:
    """How long an ordered stop may take: the stop timeouts along the longest chain of needs."""
    until: dict[str, float] = {}
    for wave in start_waves(stack):
        for name in wave:
            below = max((until[need] for need in direct_needs(stack, name)), default=0.0)
            until[name] = below + stack.services[name].stop_timeout
    return max(until.values(), default=0.0)


def unmet(stack: Stack, service: Service, failing: Collection[str]) -> list[str]:
    """The needed groups of `service` of which every instance is in `failing`."""
    return [group for group in service.needs if _down(members(stack, group), failing)]


def waiting(stack: Stack, failing: Collection[str]) -> dict[str, list[str]]:
    """The failing services that a heal cannot help now, each with the failing services that it
    waits for; in one pass, for who asks about all of a large stack.
    """
    members_of: dict[str, list[str]] = {}
    for service in stack.services.values():
        members_of.setdefault(service.group, []).append(service.name)
    down = {group for group, names in members_of.items() if _down(names, failing)}
    found = {
        name: [
            one
            for group in stack.services[name].needs
            if group in down
            for one in members_of[group]
        ]
        for name in _known(stack, failing)
    }
    return {name: names for name, names in found.items() if names}


def blocked(stack: Stack, failing: Collection[str]) -> dict[str, list[str]]:
    """The failing services that a heal cannot help now, each with the needed groups that are
    down."""
    found = {name: unmet(stack, stack.services[name], failing) for name in _known(stack, failing)}
    return {name: groups for name, groups in found.items() if groups}


def deepest_failing(stack: Stack, failing: Collection[str]) -> set[str]:
    """The failing services whose own needs are all met: the ones to heal. Never empty when
    `failing` is not."""
    return set(_known(stack, failing)) - set(blocked(stack, failing))


def _down(instances: list[str], failing: Collection[str]) -> bool:
    return bool(instances) and all(name in failing for name in instances)


def _known(stack: Stack, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in stack.services]


def _edges(stack: Stack) -> dict[str, set[str]]:
    members_of: dict[str, set[str]] = {}
    for service in stack.services.values():
        members_of.setdefault(service.group, set()).add(service.name)
    return {
        name: {member for group in service.needs for member in members_of.get(group, ())}
        for name, service in stack.services.items()
    }


def _listed(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _reach(starts: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(starts)
    while todo:
        for name in edges.get(todo.pop(), set()) - found:
            found.add(name)
            todo.append(name)
    return found

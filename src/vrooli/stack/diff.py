"""What an edit of the stack changes. Pure, standard library only."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from vrooli.core.limits import Limits
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.model import AutohealSettings, FleetSettings, Job, NotifySettings, Service, Stack

RESTART_KEYS = (
    "kind",
    "runtime",
    "command",
    "cwd",
    "env",
    "user",
    "host",
    "port",
    "options",
)
"""What a running process was started with. Health, heal, needs and timeouts are ours alone: they
change without a restart."""

UNIT_KEYS = ("held", "limits", "stop_signals")
"""What a unit that was made has beyond that."""

_FROM_SETTINGS = ("host", "port", "health")
"""Of the watchdog's service, these are `[autoheal]` in other words, and it takes them on itself."""

_REFERENCE = "resource:"


@dataclass(frozen=True, slots=True)
class Change:
    """A service or job that both stacks declare, differently.

    Attributes:
        name: of it.
        keys: what differs; `resource:NAME` when only the address behind a reference does.
        restart: whether a running process must be restarted to take it on.
    """

    name: str
    keys: tuple[str, ...]
    restart: bool


@dataclass(frozen=True, slots=True)
class JobsDifference:
    """The same for jobs: an edit restarts none, and is in force from its next run on."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class Difference:
    """From one compiled stack to another; names in the order of the stack that declares them.

    Attributes:
        settings: the keys of `[autoheal]`, `[notify]`, `[fleet]`, `[backup]` and `[stack]`, and the
            checks and maintenance windows that differ.
        jobs: what differs in `[jobs]`.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Change, ...]
    unchanged: tuple[str, ...]
    settings: tuple[str, ...] = ()
    jobs: JobsDifference = JobsDifference()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        services = self.added or self.removed or self.changed
        return bool(services or self.settings or self.jobs)


def difference(old: Stack, new: Stack) -> Difference:
    """What must happen to get from `old` to `new`."""
    changes = {name: _change(name, old, new) for name in new.services if name in old.services}
    return Difference(
        added=tuple(name for name in new.services if name not in old.services),
        removed=tuple(name for name in old.services if name not in new.services),
        changed=tuple(change for change in changes.values() if change.keys),
        unchanged=tuple(name for name, change in changes.items() if not change.keys),
        settings=(
            *_differing(AutohealSettings, old.autoheal, new.autoheal),
            *(f"notify.{key}" for key in _differing(NotifySettings, old.notify, new.notify)),
            *(f"fleet.{key}" for key in _differing(FleetSettings, old.fleet, new.fleet)),
            *(f"backup.{key}" for key in _differing(BackupSettings, old.backup, new.backup)),
            *_differing_tables("checks", old.checks, new.checks),
            *_differing_tables("maintenance", old.maintenance, new.maintenance),
            *(("stack.docker",) if old.docker != new.docker else ()),
        ),
        jobs=_jobs(old.jobs, new.jobs),
    )


def fingerprint(service: Service, stack: Stack | None = None) -> str:
    """16 hex digits over what a process of `service` was started with; no secret value goes in,
    only references.

    With `stack`, the addresses behind `resource:NAME` in its environment go in as well: a server
    whose database moved to another port has to be restarted to find it.
    """
    facts = {key: getattr(service, key) for key in RESTART_KEYS}
    facts["references"] = _references(service, stack)
    if service.is_made:
        facts |= {key: getattr(service, key) for key in UNIT_KEYS}
    text = json.dumps(facts, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _jobs(old: Mapping[str, Job], new: Mapping[str, Job]) -> JobsDifference:
    keys = {name: _differing(Job, old[name], new[name]) for name in new if name in old}
    return JobsDifference(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed=tuple(Change(name, found, restart=False) for name, found in keys.items() if found),
    )


def _change(name: str, old: Stack, new: Stack) -> Change:
    before, after = old.services[name], new.services[name]
    keys = tuple(_named(_differing(Service, before, after), before, after))
    if after.is_watchdog:
        keys = tuple(key for key in keys if key not in _FROM_SETTINGS)
        return Change(name, keys, restart=False)  # it is not ours to restart: the keeper minds it
    was, now = _references(before, old), _references(after, new)
    moved = tuple(key for key in now if key in was and was[key] != now[key])
    restart = fingerprint(before, old) != fingerprint(after, new)
    ours = after.managed and (after.is_made or not after.is_held)
    return Change(name, keys + moved, restart and ours)


def _named(keys: tuple[str, ...], before: Service, after: Service) -> Iterator[str]:
    """Each as it stands in the file; of the limits, which."""
    for key in keys:
        if key == "limits":
            yield from (f"limits.{x}" for x in _differing(Limits, before.limits, after.limits))
        else:
            yield key


def _differing_tables(
    table: str, old: Mapping[str, object], new: Mapping[str, object]
) -> tuple[str, ...]:
    names = dict.fromkeys((*old, *new))
    return tuple(f"{table}.{name}" for name in names if old.get(name) != new.get(name))


def _differing(section: type, old: object, new: object) -> tuple[str, ...]:
    names = [item.name for item in fields(section)]
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def _references(service: Service, stack: Stack | None) -> dict[str, Any]:
    if stack is None:
        return {}
    names = sorted({value for value in service.env.values() if value.startswith(_REFERENCE)})
    found = {value: stack.services.get(value.removeprefix(_REFERENCE)) for value in names}
    return {
        value: [resource.kind, resource.host, resource.port, resource.url, resource.options]
        for value, resource in found.items()
        if resource is not None
    }


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)

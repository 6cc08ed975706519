"""The sections of a stack file to the compiled stack. Pure; all that is wrong is gathered, nothing
is raised."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vrooli.stack import compile_checks as checks
from vrooli.stack import own
from vrooli.stack.backup_jobs import backup_jobs
from vrooli.stack.catalogue import Catalogue, Checks
from vrooli.stack.compile_backup import backup_settings
from vrooli.stack.compile_check_settings import check_asked, check_settings
from vrooli.stack.compile_console import told_of_others
from vrooli.stack.compile_fleet import fleet_settings
from vrooli.stack.compile_held import check_held, docker_socket
from vrooli.stack.compile_jobs import add_backup_jobs, check_jobs, compile_jobs
from vrooli.stack.compile_maintenance import compile_maintenance
from vrooli.stack.compile_mcp import compile_mcp, told_of_mcp
from vrooli.stack.compile_notify import notify_settings
from vrooli.stack.compile_ping import compile_ping
from vrooli.stack.compile_process import Folders
from vrooli.stack.compile_service import Declared, compile_service
from vrooli.stack.compile_wal import check_receivers, with_receivers
from vrooli.stack.model import AUTOHEAL, AutohealSettings, Job, Service, Stack
from vrooli.stack.names import DEFAULT_NAME, NAME_EXPECTED, valid_name
from vrooli.stack.problem import KeyPath, Problems, Section
from vrooli.stack.sections import AutohealSection, File, ScenarioSection


@dataclass(frozen=True)
class Source:
    """What was written, and where.

    Attributes:
        file: the sections that could be read.
        folders: where relative paths start.
        path: the file; empty for the built-in stack.
        options: by resource, the keys that only its kind knows.
        check_options: by check, likewise.
        broken: paths of services that could not be read; others may still refer to them.
        docker_host: what the environment says of the Docker Engine.
        own_unit: by the stack's name, that of its own unit, which no other home has.
    """

    file: File
    folders: Folders
    path: str = ""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    check_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    broken: frozenset[KeyPath] = frozenset()
    docker_host: str = ""
    own_unit: Callable[[str], str] = "vrooli-{}".format


def compile_stack(
    source: Source, kinds: Catalogue, known: Checks, python: str, problems: Problems
) -> Stack:
    """The stack with every default filled in; only to be used when there are no problems
    afterwards.

    Args:
        source: what was written.
        kinds: finds kinds.
        known: finds checks.
        python: the interpreter for our own scenarios.
        problems: takes what is wrong.
    """
    settings = _settings(source, known, problems)
    name = _stack_name(source.file, problems)
    unit = source.own_unit(name)
    declared = _resources(source, kinds, unit, problems)
    for written_name in _scenario_names(source, problems):
        item = _scenario(written_name, source, settings, kinds, python, problems)
        declared.append(replace(item, own_unit=unit))
    paths = {item.name: item.section.path for item in declared}
    checks.check_names([*(item.section.path for item in declared), *source.broken], problems)
    services = _services(declared, known)
    checks.check_number(services, problems)
    broken = {own.plain_name(str(path[-1])) for path in source.broken}
    needs: dict[str, tuple[str, ...]] = {name: () for name in broken}
    needs |= {service.group: service.needs for service in services.values()}
    checks.check_needs(needs, paths, problems)
    checks.check_references(services, broken, paths, problems)
    checks.check_ports(services, paths, problems)
    check_held(name, services.values(), paths, problems)
    backup = backup_settings(source.file.backup, source.folders, services, problems)
    check_receivers(services, backup, paths, problems)
    jobs = _jobs(source, services, broken, backup_jobs(backup, python, _kinds(services)), problems)
    maintenance = compile_maintenance(source.file, services, broken, problems)
    looked_at = check_settings(
        source.file.checks, source.check_options, known, source.folders, problems
    )
    check_asked(looked_at, services, broken, known, problems)
    mcp = compile_mcp(source.file, source.folders, problems)
    boxes = any(service.runtime == "docker" for service in services.values())
    docker, said_by = docker_socket(source.file.stack, source.docker_host, boxes, problems)
    return Stack(
        name=name,
        services=with_receivers(told_of_others(told_of_mcp(services, mcp), settings), backup),
        autoheal=settings,
        source=source.path,
        folder=source.folders.file,
        checks=looked_at,
        notify=notify_settings(source.file.notify, source.folders, problems),
        jobs=jobs,
        maintenance=maintenance,
        docker=docker,
        docker_from=said_by,
        fleet=fleet_settings(source.file.fleet, source.folders, problems),
        mcp=tuple(mcp),
        backup=backup,
    )


def _kinds(services: Mapping[str, Service]) -> set[str]:
    return {service.kind for service in services.values() if service.managed}


def _jobs(
    source: Source,
    services: dict[str, Service],
    broken: Collection[str],
    ours: Mapping[str, Job],
    problems: Problems,
) -> dict[str, Job]:
    """Those of the file, and those that `[backup]` brings."""
    jobs = compile_jobs(source.file, source.folders, services, problems)
    check_jobs(jobs.values(), services, broken, problems)
    add_backup_jobs(jobs, ours, services, source.file, problems)
    return jobs


def _services(declared: Iterable[Declared], known: Checks) -> dict[str, Service]:
    found: dict[str, Service] = {}
    for item in declared:
        found |= {service.name: service for service in compile_service(item)}
        item.section.known("ladder", item.written.ladder or (), known.healers(), "action")
    return found


def _scenario_names(source: Source, problems: Problems) -> list[str]:
    """As written; every stack has the watchdog as well, unless it was switched off."""
    names = list(source.file.scenarios)
    written = [name for name in names if own.plain_name(name) == AUTOHEAL]
    unreadable = any(own.plain_name(str(path[-1])) == AUTOHEAL for path in source.broken)
    if source.file.autoheal.enabled is False:
        if written:
            text = f"contradicts [scenarios.{written[0]}]; remove one of them"
            problems.add(("autoheal", "enabled"), text)
        return names
    return names if written or unreadable else [*names, AUTOHEAL]


def _settings(source: Source, known: Checks, problems: Problems) -> AutohealSettings:
    """`[autoheal]`; address and port may stand in `[scenarios.autoheal]` instead."""
    written = source.file.autoheal
    section = problems.at("autoheal")
    usual = AutohealSettings()
    scenario = _watchdog(source.file)
    ping, ping_interval = compile_ping(written, source.folders, usual.ping_interval, section)
    return AutohealSettings(
        host=section.text("host", _one_of("host", written, scenario, section), usual.host),
        port=section.port("port", _one_of("port", written, scenario, section), usual.port),
        sweep=section.seconds("sweep", written.sweep, usual.sweep, (1.0, 3600.0)),
        stability=section.seconds("stability", written.stability, usual.stability, (0.0, 3600.0)),
        heal_budget=section.whole("heal_budget", written.heal_budget, usual.heal_budget, (1, 1000)),
        heal_window=section.seconds(
            "heal_window", written.heal_window, usual.heal_window, (1.0, 86400.0)
        ),
        delays=_delays(written.delays, usual.delays, section),
        decay=section.seconds("decay", written.decay, usual.decay, (1.0, 86400.0)),
        breaker=section.whole("breaker", written.breaker, int(100 * usual.breaker), (1, 100)) / 100,
        allow=_allowed(written, known, problems),
        chronic=section.whole("chronic", written.chronic, usual.chronic, (2, 1000)),
        ping=ping,
        ping_interval=ping_interval,
    )


def _allowed(written: AutohealSection, known: Checks, problems: Problems) -> tuple[str, ...]:
    actions = (written.allow.actions if written.allow else None) or []
    problems.at("autoheal", "allow").known("actions", actions, known.actions(), "action")
    return tuple(dict.fromkeys(actions))


def _delays(
    written: list[float | str] | None, usual: tuple[float, ...], section: Section
) -> tuple[float, ...]:
    if written is None:
        return usual
    found = tuple(section.seconds("delays", item, 0.0, (0.0, 86400.0)) for item in written)
    if not found or list(found) != sorted(found):
        section.wrong("delays", "expected durations that do not get shorter")
        return usual
    return found


def _watchdog(file: File) -> ScenarioSection:
    found = [item for name, item in file.scenarios.items() if own.plain_name(name) == AUTOHEAL]
    return found[0] if found else ScenarioSection()


def _one_of(key: str, main: AutohealSection, other: ScenarioSection, section: Section) -> Any:
    here, there = getattr(main, key), getattr(other, key)
    if here is not None and there is not None and here != there:
        section.wrong(key, "differs from that of [scenarios.autoheal]; write it once")
    return there if here is None else here


def _resources(
    source: Source, kinds: Catalogue, own_unit: str, problems: Problems
) -> list[Declared]:
    return [
        Declared(
            name=name,
            role="resource",
            written=written,
            kind=kinds.kind("resource", written.kind or ""),
            options=source.options.get(name, {}),
            section=problems.at("resources", name),
            folders=source.folders,
            own_unit=own_unit,
        )
        for name, written in source.file.resources.items()
    ]


def _scenario(
    name: str,
    source: Source,
    settings: AutohealSettings,
    kinds: Catalogue,
    python: str,
    problems: Problems,
) -> Declared:
    """`name` as written; the watchdog may be unwritten, then `[autoheal]` stands for it."""
    implied = name not in source.file.scenarios
    written = source.file.scenarios.get(name, ScenarioSection())
    section = problems.at("autoheal") if implied else problems.at("scenarios", name)
    plain = own.plain_name(name)
    kind = own.kind_name(plain, written)
    resource_kinds = {key: item.kind or "" for key, item in source.file.resources.items()}
    full = own.complete(kind, written, python, resource_kinds)
    if missing := own.without_database(kind, full, resource_kinds):
        section.wrong("needs", missing)
    if kind == AUTOHEAL:
        full = _watchdog_section(full, settings, section)
    return Declared(
        plain, "scenario", full, kinds.kind("scenario", kind), {}, section, source.folders
    )


def _watchdog_section(
    written: ScenarioSection, settings: AutohealSettings, section: Section
) -> ScenarioSection:
    """The watchdog depends on nothing that it watches, and is a process here."""
    reason = "the watchdog depends on nothing that it watches; leave it out"
    section.reject(("needs", "runtime", "heal"), written, reason)
    clean = replace(written, needs=None, runtime=None, heal=None)
    return replace(clean, host=settings.host, port=settings.port)


def _stack_name(file: File, problems: Problems) -> str:
    name = file.stack.name
    if name is None:
        return DEFAULT_NAME
    if not valid_name(name):
        problems.add(("stack", "name"), f"expected {NAME_EXPECTED}")
    return name

"""`[maintenance.NAME]` of the file to the windows of the compiled stack."""

from collections.abc import Collection, Mapping

from vrooli.core.nearest import did_you_mean
from vrooli.stack.compile_checks import check_table
from vrooli.stack.compile_times import compile_schedule, compile_timezone
from vrooli.stack.model import Maintenance, Service
from vrooli.stack.own import plain_name
from vrooli.stack.problem import Problems, Section
from vrooli.stack.sections import File
from vrooli.stack.sections_maintenance import MaintenanceSection

MOST = 100
WEEK = 7 * 86_400.0


def compile_maintenance(
    file: File, services: Mapping[str, Service], broken: Collection[str], problems: Problems
) -> dict[str, Maintenance]:
    """The windows by name. Services in `broken` could not be read, and may be named all the
    same."""
    if file.maintenance and file.autoheal.enabled is False:
        text = "there is nothing to hold back: the watchdog is switched off by `autoheal.enabled`"
        problems.add(("maintenance", next(iter(file.maintenance))), text)
    check_table(file.maintenance, MOST, "windows", problems.at("maintenance"))
    found = {}
    for name, written in file.maintenance.items():
        section = problems.at("maintenance", name)
        covered = _covered(written.services, services, broken, section)
        found[name] = _window(name, written, covered, section)
    return found


def _window(
    name: str, written: MaintenanceSection, covered: tuple[str, ...], section: Section
) -> Maintenance:
    if written.duration is None:
        section.wrong("duration", 'needs a `duration`, like "2h"')
    return Maintenance(
        name=name,
        schedule=compile_schedule(written.schedule, section),
        duration=section.seconds("duration", written.duration, 0.0, (1.0, WEEK)),
        services=covered,
        timezone=compile_timezone(written.timezone, section),
        why=section.text("why", written.why, ""),
        until_green=written.until_green is True,
    )


def _covered(
    written: list[str] | None,
    services: Mapping[str, Service],
    broken: Collection[str],
    section: Section,
) -> tuple[str, ...]:
    """Names of instances, sorted; none for everything."""
    if written == []:
        section.wrong("services", "names no service; leave it out to cover everything")
    found: set[str] = set()
    for name in map(plain_name, written or ()):
        instances = {s.name for s in services.values() if name in (s.name, s.group)}
        known = {service.group for service in services.values()}
        if not instances and name not in broken:
            hint = did_you_mean(name, known)
            section.wrong("services", f"there is no service `{name}` in this stack{hint}")
        found |= instances
    return tuple(sorted(found))

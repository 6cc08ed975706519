"""Services that a manager of services runs: `runtime = "docker"` or `"systemd"`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from vrooli.stack.compile_health import PROBES
from vrooli.stack.model import DOCKER, DOCKER_HOST, Role, Service
from vrooli.stack.problem import KeyPath, Problems, Section
from vrooli.stack.sections import HealthSection, ServiceSection, StackSection
from vrooli.stack.unit_names import made_for, valid_unit

NAMED_BY = {"docker": "container", "systemd": "unit"}
"""By runtime, the key that says what its manager holds. The word is also what people call it."""

OWN_KEYS = ("command", "cwd", "env", "user", "instances", "stop_signal")
"""Keys that its manager has been told already."""

_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_VALID: Mapping[str, Callable[[str], bool]] = {
    "docker": lambda name: _CONTAINER.fullmatch(name) is not None,
    "systemd": lambda name: valid_unit(name) and name.endswith(".service"),
}
_EXPECTED = {
    "docker": "the name of a container: letters, digits, `_`, `.` and `-`",
    "systemd": "the whole name of a service's unit, like nginx.service",
}
_WITH_PASSWORD = ("postgres", "redis")


def makes_unit(runtime: str, written: ServiceSection, section: Section) -> bool:
    """Whether a unit is made for it. One is also meant where the command is wrong, or is missing
    beside limits: then that is the mistake.
    """
    if runtime != "systemd" or written.unit is not None:
        return False
    meant = written.limits is not None or section.is_wrong("command")
    return meant or written.command is not None


def check_made(written: ServiceSection, needs_command: bool, kind: str, section: Section) -> None:
    """What cannot be said of a unit that is made."""
    if not needs_command:
        text = f"a {kind} brings its own program, which runs as a process: leave `runtime` out"
        section.wrong("runtime", f"{text}, or name the `unit` of one that is there")
    if not isinstance(written.stop_signal, str | None) and len(written.stop_signal) > 1:
        section.wrong("stop_signal", "a unit is sent one signal; write one")
    section.reject(("container",), written, 'only for `runtime = "docker"`; leave it out')


def held_name(runtime: str, kind: str, written: ServiceSection, section: Section) -> str:
    """By which its manager knows what others have made; empty when it has none. What does not fit
    is a problem.
    """
    for other, key in NAMED_BY.items():
        if other != runtime:
            section.reject((key,), written, f'only for `runtime = "{other}"`; leave it out')
    if runtime not in NAMED_BY:
        return ""
    key = NAMED_BY[runtime]
    already = f"the {key} has that already; leave it out"
    if runtime == "systemd":
        or_made = f"{already}, or leave `unit` out: then one is made for the command"
        section.reject(("command",), written, or_made)
    section.reject(OWN_KEYS, written, already)
    section.reject(("config_test",), written, f"only for what is started here, not a {key}")
    name: str | None = getattr(written, key)
    if name is None:
        or_command = ", or a `command` for which one is made" if runtime == "systemd" else ""
        text = f'`runtime = "{runtime}"` needs a `{key}`: {_EXPECTED[runtime]}{or_command}'
        section.wrong(key, text)
        return ""
    if not _VALID[runtime](name):
        section.wrong(key, f"expected {_EXPECTED[runtime]}")
    if kind in _WITH_PASSWORD and written.url is None:
        section.wrong("url", f"needs the `url` of this {kind}, or a reference to it (`env:NAME`)")
    return name


def looked_at(written: HealthSection | None, role: Role) -> HealthSection | None:
    """By its manager, unless something else is written. That its port takes connections says
    nothing: a proxy of the Docker Engine takes them, whatever happens behind it.
    """
    health = written or HealthSection()
    if role == "resource" or any(getattr(health, name) is not None for name in PROBES):
        return written
    return replace(health, process=True)


def check_held(
    stack: str, services: Iterable[Service], paths: Mapping[str, KeyPath], problems: Problems
) -> None:
    """Nothing is run twice, and nobody runs himself.

    Args:
        stack: its name, which is also in that of its own unit.
        services: of the stack.
        paths: where they stand in the file, by group.
        problems: takes what is wrong.
    """
    own = re.compile(rf"vrooli-{re.escape(stack)}(?:-[0-9a-f]{{8}})?\.service", re.ASCII)
    seen: dict[tuple[str, str], str] = {}
    for service in services:
        if not service.is_held:
            continue
        if made_for(service.held) and not service.is_made:
            text = "was made for a service, perhaps of another stack: name one of your own"
            problems.add((*paths[service.group], "unit"), text)
        if service.runtime == "systemd" and own.fullmatch(service.held):
            text = "is the unit of this stack itself: to stop it would stop us"
            problems.add((*paths[service.group], "unit"), text)
        other = seen.setdefault((service.runtime, service.held), service.name)
        if other != service.name:
            key = NAMED_BY[service.runtime]
            text = f"the {key} `{service.held}` is also that of `{other}`"
            problems.add((*paths[service.group], key), text)


def docker_socket(
    written: StackSection, around: str, needed: bool, problems: Problems
) -> tuple[str, str]:
    """Where the Docker Engine listens, and what says so when it is not the file.

    Args:
        written: comes first.
        around: DOCKER_HOST, as the `docker` command takes it; empty when it is not set.
        needed: whether there are containers. Another Engine than that of the `docker` command may
            have some of the same names.
        problems: takes what is wrong.
    """
    section = problems.at("stack")
    if written.docker is None and around:
        if around.startswith("unix:///"):
            return around.removeprefix("unix://"), DOCKER_HOST
        if needed:
            text = f"{DOCKER_HOST} is {around[:80]!r}, and containers are only reached by a socket"
            section.wrong("docker", f"{text} of this machine; write here which one")
    said = section.text("docker", written.docker, DOCKER)
    path = said.removeprefix("unix://")
    if not path.startswith("/"):
        section.wrong("docker", "expected the whole path of a socket, like /run/docker.sock")
    return path, ""

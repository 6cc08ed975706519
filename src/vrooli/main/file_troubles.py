"""What a stack file names and this machine has not: no mistake, because it may be there at the `up`
to come, and worth a warning until then."""

import os
import pwd
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from vrooli.core.errors import SecretError
from vrooli.host.secrets import FileSecrets
from vrooli.main.places import find_home
from vrooli.stack.model import AUTOHEAL, Job, Service, Stack
from vrooli.stack.plaintext import texts
from vrooli.stack.probes.exec_ import PATH
from vrooli.stack.references import is_reference


def troubles(stack: Stack, environment: Mapping[str, str]) -> list[str]:
    """As this user finds them, a line each. Variables of services are those of the `up` to come."""
    secrets = FileSecrets(Path(), environment)
    made = _made(stack, environment)
    found = [
        _unreadable(place, value, secrets)
        for place, value in _references(stack)
        if value not in made
    ]
    found += [*_programs(stack), *_places(stack, environment)]
    return [line for line in dict.fromkeys(found) if line]


def _made(stack: Stack, environment: Mapping[str, str]) -> set[str]:
    """References to what the `up` to come makes before it starts a service."""
    home = find_home(stack.name, environment)
    ours = (home.operator_token, home.reader_token) if AUTOHEAL in stack.services else ()
    return {f"file:{path}" for path in ours if _is_gone(str(path))}


def _references(stack: Stack) -> Iterator[tuple[str, str]]:
    for service in stack.services.values():
        for key, value in service.env.items():
            if value.startswith("file:"):
                yield f"{service.name}: {key}", value
    for name, channel in stack.notify.channels.items():
        yield f"notify.channels.{name}: url", channel.url
    yield "fleet: token", stack.fleet.token
    for name, check in stack.checks.items():
        for key, value in texts(check.options):
            if key == "url":
                yield f"checks.{name}: {key}", value


def _unreadable(place: str, value: str, secrets: FileSecrets) -> str:
    try:
        if is_reference(value):
            secrets.resolve(value)
    except SecretError as error:
        return f"{place}: {error.where}: {error.what}"
    return ""


def _programs(stack: Stack) -> Iterator[str]:
    for name, check in stack.checks.items():
        program = (check.options.get("command") or [""])[0] if check.kind == "exec" else ""
        if program and shutil.which(program, path=PATH) is None:
            yield f"checks.{name}: command: {program}: there is no such program"


def _places(stack: Stack, environment: Mapping[str, str]) -> Iterator[str]:
    """What services and jobs are started with, as far as this user can see."""
    for service in stack.services.values():
        yield from _of(service.group, service, environment)
        for path in service.limits.read_only:
            if _is_gone(path):
                yield f"{service.group}: limits.read_only: {path}: there is no such path"
    for name, job in stack.jobs.items():
        yield from _of(f"job {name}", job, environment)


def _of(name: str, what: Service | Job, environment: Mapping[str, str]) -> Iterator[str]:
    program = what.command[0] if what.command else ""
    path = what.env.get("PATH", environment.get("PATH", ""))
    missing = _is_gone(program) if "/" in program else shutil.which(program, path=path) is None
    if program and missing:
        yield f"{name}: command: {program}: there is no such program"
    if what.cwd and _is_gone(what.cwd):
        yield f"{name}: cwd: {what.cwd}: there is no such folder"
    if what.user and not _is_user(what.user):
        yield f"{name}: user: {what.user}: there is no such user"


def _is_gone(path: str) -> bool:
    """Whether nothing is there; what this user cannot see may be there for another."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True

"""What a stack file names and this machine has not: no mistake, because it may be there at the `up`
to come, and worth a warning until then."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from vrooli.core.errors import SecretError
from vrooli.host.secrets import FileSecrets
from vrooli.stack.model import Stack
from vrooli.stack.plaintext import texts
from vrooli.stack.probes.exec_ import PATH
from vrooli.stack.references import is_reference


def troubles(stack: Stack, environment: Mapping[str, str]) -> list[str]:
    """As this user finds them, a line each. Variables of services are those of the `up` to come."""
    secrets = FileSecrets(Path(), environment)
    found = [_unreadable(place, value, secrets) for place, value in _references(stack)]
    return [line for line in [*found, *_programs(stack)] if line]


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

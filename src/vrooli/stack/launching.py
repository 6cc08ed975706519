"""From a declared service to the process that the keeper is asked for."""

import os
from collections.abc import Mapping
from contextlib import suppress

from vrooli.core.errors import ConfigError, StorageError, UnsetVariable
from vrooli.core.launch import LaunchSpec
from vrooli.stack.kind import Place, Program
from vrooli.stack.kinds import kind_of
from vrooli.stack.launched import (
    digest,
    digests_of,
    is_declared_so,
    launch_fingerprint,
    references,
)
from vrooli.stack.model import Service, Stack
from vrooli.stack.references import is_reference

PASSED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""What a service inherits. The rest of our environment is ours: a service says what it wants by
`env`.
"""

FINGERPRINT_KEY = "fingerprint.key"
"""The secret that digests of values are made with."""

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def launch_spec(
    service: Service, stack: Stack, place: Place, environment: Mapping[str, str]
) -> LaunchSpec:
    """The process for `service`, secrets resolved.

    Raises:
        SecretError: a reference cannot be resolved.
        ConfigError: it refers to something that the stack does not have.
    """
    kind = kind_of(service)
    program = kind.program(service, place)
    user = place.user_of(service)
    home = place.home
    env = base_environment(environment, user, str(home.data(service.name)))
    env |= {"VROOLI_SERVICE": service.name, "VROOLI_HOME": str(home.root)}
    if service.port:
        env |= {"PORT": str(service.port), "HOST": service.host}
    env |= program.env
    values = {value: resolve(value, stack, place) for value in service.env.values()}
    env |= {key: values[value] for key, value in service.env.items()}
    return LaunchSpec(
        service=service.name,
        argv=program.argv,
        cwd=program.cwd,
        env=env,
        log_path=str(home.log(service.name)),
        user=user,
        expose=(program.cwd, *_place_of(program), *program.expose) if user else (),
        fingerprint=launch_fingerprint(service, stack, _digests(service, values, place)),
    )


def rotated(launched: str, service: Service, stack: Stack, place: Place) -> tuple[str, ...]:
    """References of `service` that have another value than at the launch with the fingerprint
    `launched`; none when that cannot be told, and none of an earlier declaration.

    A variable that is not set here says nothing: it may have been set only for the first `up`.

    Raises:
        SecretError: a reference cannot be resolved any more.
        ConfigError: it refers to something that the stack does not have.
    """
    if not is_declared_so(launched, service, stack):
        return ()
    before = digests_of(launched, service)
    values = {}
    for reference in before:
        with suppress(UnsetVariable):
            values[reference] = resolve(reference, stack, place)
    now = _digests(service, values, place)
    return tuple(reference for reference in now if now[reference] != before[reference])


def _place_of(program: Program) -> tuple[str, ...]:
    """The program and its folder, when a path says where it is. The program too: its folder may be
    the closed one.
    """
    command = program.argv[0]
    if "/" not in command:
        return ()
    path = os.path.normpath(os.path.join(program.cwd, command))
    return os.path.dirname(path), path


def resolve(value: str, stack: Stack, place: Place) -> str:
    """An `env` value: `resource:NAME` is that resource's URL, `env:` and `file:` are secrets, all
    else is literal.
    """
    if not is_reference(value):
        return value
    scheme, _, name = value.partition(":")
    if scheme != "resource":
        return place.secrets.resolve(value)
    resource = stack.services.get(name)
    if resource is None:
        raise ConfigError(
            f"`{value}` names no resource of this stack",
            next_step="name one that [resources] declares",
        )
    return kind_of(resource).url(resource, place)


def _digests(service: Service, values: Mapping[str, str], place: Place) -> dict[str, str]:
    known = [reference for reference in references(service) if reference in values]
    if not known:
        return {}
    try:
        key = place.secrets.create(FINGERPRINT_KEY)
    except StorageError:  # a full disk keeps no service from being started
        return {}
    return {reference: digest(key, reference, values[reference]) for reference in known}


def base_environment(environment: Mapping[str, str], user: str | None, data: str) -> dict[str, str]:
    """What a process inherits; under another user, `data` is its HOME."""
    env = {key: environment[key] for key in PASSED_ON if key in environment}
    env.setdefault("PATH", _DEFAULT_PATH)
    if user is not None:
        env |= {"HOME": data, "USER": user, "LOGNAME": user}
    else:
        env.setdefault("HOME", os.path.expanduser("~"))
    return env

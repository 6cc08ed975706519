"""From a declared service to the process that the keeper is asked for."""

import os
from collections.abc import Mapping

from vrooli.core.errors import ConfigError
from vrooli.core.launch import LaunchSpec
from vrooli.stack.diff import fingerprint
from vrooli.stack.kind import Place
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Service, Stack

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
    env = _base(environment, user, str(home.data(service.name)))
    env |= {"VROOLI_SERVICE": service.name, "VROOLI_HOME": str(home.root)}
    if service.port:
        env |= {"PORT": str(service.port), "HOST": service.host}
    env |= program.env
    env |= {key: resolve(value, stack, place) for key, value in service.env.items()}
    return LaunchSpec(
        service=service.name,
        argv=program.argv,
        cwd=program.cwd,
        env=env,
        log_path=str(home.log(service.name)),
        user=user,
        expose=(program.cwd, *program.expose) if user else (),
        fingerprint=fingerprint(service, stack),
    )


def resolve(value: str, stack: Stack, place: Place) -> str:
    """An `env` value: `resource:NAME` is that resource's URL, `env:` and `file:` are secrets, all
    else is literal.
    """
    scheme, _, name = value.partition(":")
    if scheme == "resource":
        resource = stack.services.get(name)
        if resource is None:
            raise ConfigError(f"`{value}` names no resource of this stack")
        return kind_of(resource).url(resource, place)
    if scheme in ("env", "file"):
        return place.secrets.resolve(value)
    return value


def _base(environment: Mapping[str, str], user: str | None, data: str) -> dict[str, str]:
    env = {key: environment[key] for key in PASSED_ON if key in environment}
    env.setdefault("PATH", _DEFAULT_PATH)
    if user is not None:
        env |= {"HOME": data, "USER": user, "LOGNAME": user}
    else:
        env.setdefault("HOME", os.path.expanduser("~"))
    return env

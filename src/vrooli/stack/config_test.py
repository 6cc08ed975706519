"""The service's own test of its settings, run before anything is started or stopped."""

import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from vrooli.core.errors import Refused, VrooliError
from vrooli.core.launch import LaunchSpec
from vrooli.stack import logs
from vrooli.stack.launching import launch_spec
from vrooli.stack.model import Service
from vrooli.stack.references import is_reference
from vrooli.stack.runtime import Context

SECONDS = 10.0
"""What the test may take; `nginx -t` takes some hundredths."""

LINES = 5
"""Of what it says at the end."""

_log = logging.getLogger(__name__)


async def require_sound_settings(service: Service, context: Context) -> None:
    """Run the test, if there is one. One that cannot be run, or does not end in time, says nothing
    about the settings: a broken test must not keep a service down.

    Raises:
        Refused: it failed, with the last lines that it said.
        ConfigError, SecretError: the service could not be started as declared.
    """
    if not service.config_test:
        return
    place = context.tools.place
    said = place.home.run / f"config-test-{service.name}.out"
    spec = launch_spec(service, context.stack, place, context.environment)
    with suppress(OSError):
        said.unlink(missing_ok=True)
    try:
        ended = await context.tools.keeper.run(_test_of(service, spec, said), SECONDS)
    except VrooliError as error:
        _log.warning("%s: its test of settings says nothing: %s", service.name, error)
        return
    lines = _without_secrets(logs.tail(said, LINES), service, spec)
    with suppress(OSError):
        said.unlink(missing_ok=True)
    if ended.known and ended.code != 0:
        shown = "".join(f"\n  | {line}" for line in lines)
        raise Refused(
            f"its test of settings (`{service.config_test[0]}`) {ended.describe()}{shown}",
            where=service.name,
            next_step="correct the settings; what runs is left running until then",
            retryable=True,
        )


def _test_of(service: Service, spec: LaunchSpec, said: Path) -> LaunchSpec:
    program = service.config_test[0]
    seen = (os.path.dirname(program), program) if spec.user and "/" in program else ()
    return replace(
        spec,
        service=f"{service.name}.config-test",
        argv=service.config_test,
        log_path=str(said),
        expose=(*spec.expose, *seen),
        fingerprint="",
    )


def _without_secrets(lines: list[str], service: Service, spec: LaunchSpec) -> list[str]:
    """What the program says may quote its environment."""
    hidden = [spec.env[key] for key, value in service.env.items() if is_reference(value)]
    for value in filter(None, hidden):
        lines = [line.replace(value, "***") for line in lines]
    return lines

"""Services for which a unit is made: what it is made from, and which are left over."""

import signal
from collections.abc import Collection

from vrooli.core.errors import ConfigError
from vrooli.core.home import Home
from vrooli.core.ports.units import UnitMaker, UnitSpec
from vrooli.stack.launching import launch_spec
from vrooli.stack.model import Service
from vrooli.stack.runtime import Context
from vrooli.stack.unit_names import made_for, own_unit


def maker_of(service: Service, context: Context) -> UnitMaker:
    """Who makes it."""
    manager = context.managers[service.runtime]
    assert isinstance(manager, UnitMaker)  # of the services for which a unit is made
    return manager


def unit_spec(service: Service, context: Context) -> UnitSpec:
    """The unit for `service`, secrets resolved.

    Raises:
        ConfigError, SecretError: it cannot be made as declared.
    """
    place = context.tools.place
    if service.limits.changes_files and not place.machine.root:
        raise ConfigError(
            "`private_tmp`, `protect_home` and `read_only` take the system's systemd, and we are "
            "not root",
            where=service.name,
            next_step="leave them out, or bring the stack up as root",
        )
    return UnitSpec(
        launch=launch_spec(service, context.stack, place, context.environment),
        limits=service.limits,
        stop_signal=signal.Signals[f"SIG{service.stop_signals[0]}"],
        stop_seconds=service.stop_timeout,
        outlives=own_unit(service.held),
    )


def left_over(home: Home, declared: Collection[Service]) -> dict[str, Service]:
    """Units that we have made for services that are not declared so any more, by service: as much
    of each as it takes to stop it.
    """
    ours = {service.held for service in declared if service.is_made}
    return {
        name: Service(name, name, "scenario", "scenario", "systemd", unit, (name,))
        for unit in made_units(home)
        if unit not in ours and (name := made_for(unit))
    }


def made_units(home: Home) -> list[str]:
    """Those that we have made, as far as their environments tell: they lie there from before a unit
    is made until it is gone.
    """
    try:
        return sorted(path.stem for path in home.units.glob("vrooli-*.env"))
    except OSError:
        return []

"""What `install` would do on this machine, or with another service manager. Reading only."""

from collections.abc import Mapping
from typing import Any

from vrooli.autoheal.service_manager import ServiceManager
from vrooli.autoheal.survival import unresolved
from vrooli.core.errors import Refused, UsageError
from vrooli.core.home import Home
from vrooli.main.lasting import refuse_what_would_not_last
from vrooli.main.unit import contents_of, managers, running_manager, unit_of
from vrooli.stack.model import Stack


def preview(
    home: Home, stack: Stack, environment: Mapping[str, str], name: str = ""
) -> dict[str, Any]:
    """Files and commands as data, and what stands in the way.

    Args:
        home: of the stack.
        stack: what runs there.
        environment: of which the unit would keep a part.
        name: of a service manager; empty for the one of this machine, else systemd.

    Raises:
        UsageError: there is none of that name.
    """
    manager = _chosen(name)
    unit, contents = unit_of(home), contents_of(home, stack, environment)
    files = manager.files(unit, contents)
    linger = manager.linger(unit)
    acts = [*manager.register(unit), *([linger] if linger else []), *manager.start(unit)]
    return {
        "manager": manager.name,
        "unit": unit.name,
        "files": [
            {"path": f.path, "mode": f"{f.mode:04o}", "encoding": f.encoding, "text": f.text}
            for f in files
        ],
        "commands": [list(act.argv) for act in acts],
        "obstacles": _obstacles(home, stack, manager),
        "unresolved": list(unresolved(stack, contents.environment)),
    }


def _chosen(name: str) -> ServiceManager:
    known = managers()
    if name and name not in known:
        raise UsageError(
            f"there is no service manager `{name}`",
            where="--manager",
            next_step=f"there are: {', '.join(sorted(known))}",
        )
    return known[name] if name else running_manager() or known["systemd"]


def _obstacles(home: Home, stack: Stack, manager: ServiceManager) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    running = running_manager()
    if running is None or running.name != manager.name:
        what = f"{manager.name} does not run on this machine"
        found.append({"what": what, "where": "", "next_step": "install it where it runs"})
    try:
        refuse_what_would_not_last(home, stack)
    except Refused as error:
        found.append({"what": error.what, "where": error.where, "next_step": error.next_step})
    return found

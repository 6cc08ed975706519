"""The unit of a home: which one it is, and what stands in it on this machine."""

import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path

import vrooli
import vrooli.autoheal.watchdog
from vrooli.autoheal.service_manager import Contents, ServiceManager, Unit, unit_name
from vrooli.autoheal.survival import kept
from vrooli.core import discover
from vrooli.core.home import Home
from vrooli.main.places import SYSTEM_HOMES, USER_HOMES
from vrooli.stack.graph import stop_seconds
from vrooli.stack.launching import PASSED_ON
from vrooli.stack.model import Stack

KEPT = tuple(name for name in PASSED_ON if name not in ("HOME", "USER", "LOGNAME"))
"""What the unit keeps of the environment that it is installed from: what services inherit, so that
one started after a reboot finds what it found before. The manager says itself whose it is.
"""


def unit_of(home: Home) -> Unit:
    """Root's units are the system's, all others their user's."""
    uid = os.geteuid()
    if uid == 0:
        return Unit(unit_name(str(home.root), str(SYSTEM_HOMES)), "root", 0, "/root", system=True)
    entry = pwd.getpwuid(uid)
    usual = str(Path(entry.pw_dir, USER_HOMES))
    name, folder = unit_name(str(home.root), usual), entry.pw_dir.rstrip("/")
    return Unit(name, entry.pw_name, uid, folder, system=False)


def contents_of(home: Home, stack: Stack, environment: Mapping[str, str]) -> Contents:
    """By the interpreter that runs now, which finds our code by itself (venv, pipx)."""
    python = (sys.executable, "-P", "-m")  # -P: never from the folder where it is started
    return Contents(
        stack=stack.name,
        source=stack.source,
        start=(*python, "vrooli.main.keep"),
        halt=(*python, "vrooli.main.halt"),
        environment=kept(environment, KEPT) | {"VROOLI_HOME": str(home.root)},
        stop_seconds=stop_seconds(stack),
        needs=(str(home.root), sys.prefix),
    )


def code() -> tuple[str, ...]:
    """Paths without which the unit could not start."""
    package = Path(vrooli.__file__).resolve().parent
    return tuple(dict.fromkeys((sys.executable, os.path.realpath(sys.executable), str(package))))


def managers() -> dict[str, ServiceManager]:
    """All that we know, by name of the file."""
    package = vrooli.autoheal.watchdog
    names = discover.names(package)
    kind: type[ServiceManager] = ServiceManager  # type: ignore[type-abstract] # a subclass's object
    return {name: discover.load(package, name, "MANAGER", kind) for name in names}


def running_manager() -> ServiceManager | None:
    """The one of this machine; None when none runs (a container, another init)."""
    for manager in managers().values():
        here = sys.platform.startswith(manager.platform)
        if here and (not manager.marker or Path(manager.marker).exists()):
            return manager
    return None

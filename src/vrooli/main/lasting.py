"""What `install` refuses, because it would not come back or would bring back something else."""

import os
import pwd
from collections.abc import Iterator, Mapping
from pathlib import Path

from vrooli.autoheal.survival import perishable
from vrooli.core.errors import Refused
from vrooli.core.home import Home
from vrooli.host.mounts import filesystem_of
from vrooli.main.places import USER_HOMES
from vrooli.main.unit import code
from vrooli.stack.model import Stack


def refuse_what_would_not_last(home: Home, stack: Stack) -> None:
    """Raises Refused, naming what would be gone after a reboot."""
    if not any(service.is_watchdog for service in stack.services.values()):
        raise Refused(
            "this stack has no watchdog: nothing would start its services at boot",
            next_step="remove `enabled = false` from [autoheal]",
        )
    for what, path, why in _perishing(home, stack):
        raise Refused(
            f"{what} would not survive a reboot: {why}",
            where=path,
            next_step="install Vrooli and keep the stack in a folder that stays",
        )


def _perishing(home: Home, stack: Stack) -> Iterator[tuple[str, str, str]]:
    """What it is, where, and why it would be gone."""
    places = [("the home", str(home.root)), ("the stack file", stack.source)]
    for what, path in [*places, *(("our program", path) for path in code())]:
        why = perishable(os.path.realpath(path), filesystem_of(path)) if path else ""
        if what == "our program" and not Path(path).exists():
            why = "it was removed while it runs"
        if why:
            yield what, path, why


def refuse_what_is_another_ones(home: Home, environment: Mapping[str, str]) -> None:
    """Raises Refused when root, perhaps by `sudo`, would install another one's stack as its own."""
    owner = _other_owner(home, environment)
    if os.geteuid() == 0 and owner:
        raise Refused(
            f"this stack belongs to {owner}, and root's would be another one",
            where=str(home.root),
            next_step=f"run `vrooli-autoheal install` as {owner}, without sudo",
        )


def _other_owner(home: Home, environment: Mapping[str, str]) -> str:
    """Whose the home is when it is not root's; where there is none, who has one of that name and
    called us. Empty for nobody.
    """
    try:
        if home.root.exists():
            uid = home.root.stat().st_uid
            return pwd.getpwuid(uid).pw_name if uid else ""
        caller = pwd.getpwnam(environment.get("SUDO_USER", "root"))
    except KeyError:
        return ""
    theirs = Path(caller.pw_dir, USER_HOMES, home.root.name)
    return caller.pw_name if caller.pw_uid and theirs.exists() else ""

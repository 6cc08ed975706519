"""How a living process was started, read back from the kernel: the keeper before us knew it, and
told nobody.
"""

from __future__ import annotations

import os

from vrooli.host.keeper import wire
from vrooli.host.keeper.launches import Launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def spec_of(launch: Launch) -> dict[str, Any] | None:
    """The spec of a watchdog that lives; None when it has just ended.

    A keeper that takes over minds it from its first moment: the watchdog itself may be stopped or
    killed before it can say how it wants to be started again. Nothing of it touches a disk.
    """
    folder = f"/proc/{launch.pid}"
    try:
        argv = _strings(f"{folder}/cmdline")
        pairs = [pair.partition("=") for pair in _strings(f"{folder}/environ")]
        log_path = os.readlink(f"{folder}/fd/1")
    except OSError:
        return None
    if not argv or not log_path.startswith("/"):
        return None
    env = {name: value for name, _, value in pairs if name and name != wire.MARKER}
    return {**spec_from(launch.service, log_path, argv, env), "fingerprint": launch.fingerprint}


def spec_from(service: str, log_path: str, argv: list[str], env: dict[str, str]) -> dict[str, Any]:
    """The spec of a watchdog: our own user, nothing on standard input."""
    return {
        "service": service,
        "argv": argv,
        "cwd": "/",
        "env": env,
        "log_path": log_path,
        "user": None,
        "expose": [],
        "stdin": None,
        "fingerprint": "",
        "nice": 0,  # what it has of its own, the next one inherits from us
    }


def _strings(path: str) -> list[str]:
    with open(path, "rb") as file:
        return [os.fsdecode(part) for part in file.read().split(b"\0") if part]

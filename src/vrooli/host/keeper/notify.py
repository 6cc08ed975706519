"""News for the service manager that started the keeper, as systemd wants it: sd_notify(3)."""

from __future__ import annotations

import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

ROUNDS = 4  # signs of life that fit at least into the time after which we are taken for hung
LONGEST = 5.0  # seconds between two, so that the words beside them are not old
FOREIGN = (
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
)  # what a manager tells its main process alone: a child that took it for its own would lie to it


class Manager:
    """The service manager, or nobody.

    Args:
        environment: of this process; what is meant for us alone is taken out of it.

    Attributes:
        present: whether there is one that listens.
        pause: seconds between signs of life; 0 when it wants none.
    """

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        told = {name: environment.pop(name, "") for name in FOREIGN}
        address = told["NOTIFY_SOCKET"]
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.present = bool(address)
        wanted = told["WATCHDOG_PID"] in ("", str(os.getpid())) and told["WATCHDOG_USEC"].isdigit()
        self.pause = min(LONGEST, int(told["WATCHDOG_USEC"]) / 1e6 / ROUNDS) if wanted else 0.0

    def ready(self) -> None:
        """We serve."""
        self._tell("READY=1")

    def alive(self, state: str) -> None:
        """A sign of life, and in words how it is."""
        self._tell(f"WATCHDOG=1\nSTATUS={state}")

    def silent(self, state: str) -> None:
        """No sign of life, and why not."""
        self._tell(f"STATUS={state}")

    def stopping(self) -> None:
        """We end, as we were told to."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self.present:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as outlet:
                outlet.sendto(text.encode(), self._address)
        except OSError:  # a manager that is being replaced: the next sign comes soon
            return

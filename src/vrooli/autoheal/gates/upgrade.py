"""Packages are being installed: programs and libraries are replaced under what runs."""

from vrooli.autoheal.filelocks import holder
from vrooli.autoheal.gate import Around, Gate

LOCKS = (
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/lock",
    "/var/lib/rpm/.rpm.lock",
    "/usr/lib/sysimage/rpm/.rpm.lock",
)
"""Held by dpkg(1), apt(8), rpm(8) and those who call them, for as long as they work."""

LONGEST_UPGRADE = 3600.0
"""Seconds: a package manager that somebody left open for the night keeps no service down."""


def _look(around: Around) -> str:
    for path in LOCKS:
        pid = holder(around.files, path, around.steps.wall(), LONGEST_UPGRADE)
        if pid is not None:
            return f"packages are being installed (process {pid} holds {path})"
    return ""


GATE = Gate(
    id="upgrade",
    when="packages are being installed: somebody holds the lock of dpkg or rpm; for "
    f"{LONGEST_UPGRADE / 3600:g} h at most",
    look=_look,
)

"""Port `Listeners` by `/proc`."""

import os
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from vrooli.core.ports.listeners import Listener
from vrooli.host.processes import listening_user

_UNIT = re.compile(r"/([^/]+\.service)(?:/|$)")
_CONTAINER = re.compile(r"(?:/docker[/-]|/libpod-)([0-9a-f]{64})")


class LocalListeners:
    """This machine's, as far as this user may see them."""

    def listening(self, but: Collection[int] = ()) -> Sequence[Listener]:
        """See the port."""
        found: dict[tuple[int, str], Listener] = {}
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status != psutil.CONN_LISTEN or not connection.laddr:
                continue
            if connection.pid is not None and _below(connection.pid, but):
                continue
            host = connection.laddr.ip.removeprefix("::ffff:")
            port = connection.laddr.port
            found.setdefault((port, host), _listener(host, port, connection.pid))
        return [found[key] for key in sorted(found)]


def _listener(host: str, port: int, pid: int | None) -> Listener:
    if pid is None:
        return Listener(host, port, user=listening_user(port))
    name, user = "", ""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        name, user = process.name(), process.username()
    return Listener(host, port, pid, name, user, *_belongs(pid))


def _belongs(pid: int) -> tuple[str, str]:
    """Unit and container of a process, by its control group, like `0::/system.slice/...`."""
    try:
        text = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    container = _CONTAINER.search(text)
    if container is not None:
        return "", container[1]
    # systemd's own hierarchy: the unified one, or beside the old ones the one that it named.
    own = [line for line in text.splitlines() if line.startswith("0::") or ":name=systemd:" in line]
    return _ours(_UNIT.findall("\n".join(own))), ""


def _ours(units: list[str]) -> str:
    """The unit that a stack of ours could run: root's are the system's, those of another user lie
    below `user@1000.service`.
    """
    if os.geteuid() == 0:
        return units[0] if units and not units[0].startswith("user@") else ""
    return units[-1] if units[:1] == [f"user@{os.geteuid()}.service"] and units[1:] else ""


def _below(pid: int, roots: Collection[int]) -> bool:
    if pid in roots:
        return True
    try:
        return any(parent.pid in roots for parent in psutil.Process(pid).parents())
    except psutil.Error:
        return False

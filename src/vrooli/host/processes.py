"""Port `Processes` by `/proc`, and by psutil where a number must be matched with an owner."""

import os
import pwd
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil

from vrooli.core.identity import Identity
from vrooli.core.ports.processes import PortHolder, ProcessFacts
from vrooli.host.keeper import proc

_ANY = {"0.0.0.0", "::", "*", ""}
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LISTEN = "0A"  # TCP_LISTEN in include/net/tcp_states.h, as /proc/net/tcp shows it


class LocalProcesses:
    """This machine's processes, as far as this user may see them."""

    def __init__(self) -> None:
        self._boot_id = proc.boot_id()

    def facts(self, identity: Identity) -> ProcessFacts | None:
        """Facts of exactly this process, None when it is gone or its number is another's."""
        if identity.boot_id != self._boot_id:
            return None
        stat = proc.read_stat(identity.pid)
        if stat is None or stat.start_ticks != identity.start_ticks or not stat.alive:
            return None
        return ProcessFacts(
            state=stat.state,
            traced=stat.state in "Tt" and proc.is_traced(identity.pid),
            rss_bytes=stat.resident * _PAGE,
            cpu_seconds=stat.cpu_ticks / proc.TICKS_PER_SECOND,
            age=_age(stat),
        )

    def identity(self, pid: int) -> Identity | None:
        """Who has this number now, None when nobody has."""
        stat = proc.read_stat(pid)
        return Identity(self._boot_id, pid, stat.start_ticks) if stat is not None else None

    def port_holder(self, port: int, host: str = "127.0.0.1") -> PortHolder | None:
        """Who listens on `host:port` (or on all addresses with that port), None when it is free."""
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status != psutil.CONN_LISTEN or not connection.laddr:
                continue
            address = connection.laddr.ip.removeprefix("::ffff:")
            same_host = address == host or address in _ANY or host in _ANY
            if same_host and connection.laddr.port == port:
                return _holder(connection.pid, port)
        return None

    def tree_activity(self, pid: int) -> float:
        """CPU seconds plus megabytes read and written below `pid`, ended children included."""
        stats = proc.all_stats()
        total = 0.0
        for stat in _tree(pid, stats):
            ticks = stat.cpu_ticks + stat.reaped_ticks
            total += ticks / proc.TICKS_PER_SECOND + _transferred(stat.pid) / 1e6
        return total

    def tree_memory(self, pid: int) -> int:
        """Bytes of resident memory below `pid`."""
        return sum(stat.resident * _PAGE for stat in _tree(pid, proc.all_stats()))


def own_identity() -> Identity:
    """This process."""
    stat = proc.read_stat(os.getpid())
    return Identity(proc.boot_id(), os.getpid(), stat.start_ticks if stat is not None else 0)


def _age(stat: proc.Stat) -> float:
    """Both count from the boot, with the time for which the machine slept (proc_pid_stat(5))."""
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    return max(0.0, since_boot - stat.start_ticks / proc.TICKS_PER_SECOND)


def _holder(pid: int | None, port: int) -> PortHolder:
    if pid is None:
        return PortHolder(None, "", listening_user(port))
    try:
        process = psutil.Process(pid)
        holder = PortHolder(pid, process.name(), process.username())
    except psutil.Error:
        return PortHolder(pid, "", "")
    try:
        given = process.environ()
    except psutil.Error:  # it is another user's
        return holder
    service, home = given.get("VROOLI_SERVICE", ""), given.get("VROOLI_HOME", "")
    return replace(holder, service=service, home=home) if service and home else holder


def listening_user(port: int) -> str:
    """The owner of a listening socket whose process is hidden: its uid is public in /proc/net."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # no IPv6 here
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                return _user_name(int(fields[7]))
    return ""


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _tree(pid: int, stats: dict[int, proc.Stat]) -> Iterator[proc.Stat]:
    children: dict[int, list[proc.Stat]] = {}
    for stat in stats.values():
        children.setdefault(stat.ppid, []).append(stat)
    found = [stats[pid]] if pid in stats else []
    while found:
        stat = found.pop()
        yield stat
        found.extend(children.get(stat.pid, ()))


def _transferred(pid: int) -> int:
    """Bytes that passed through read and write; 0 when they are hidden from us."""
    try:
        lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    values = dict(line.split(": ") for line in lines)
    return int(values["rchar"]) + int(values["wchar"])

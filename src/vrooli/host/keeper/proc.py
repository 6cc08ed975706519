"""Reading `/proc`: who a process is, whose child, in which state."""

from __future__ import annotations

import os
import signal

# Positions after the command name: field numbers of proc_pid_stat(5) minus 3.
_STATE, _PPID, _SESSION = 0, 1, 3
_UTIME, _STIME, _CUTIME, _CSTIME = 11, 12, 13, 14
_THREADS, _START, _RSS = 17, 19, 21
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Stat:
    """One line of `/proc/<pid>/stat`.

    Attributes:
        alive: it runs or could; a zombie does not.
        cpu_ticks: processor time so far, in 1/TICKS_PER_SECOND seconds.
        reaped_ticks: that of its children that have ended.
        resident: pages of memory that it holds.
        start_ticks: after boot.
    """

    __slots__ = (
        "alive",
        "cpu_ticks",
        "pid",
        "ppid",
        "reaped_ticks",
        "resident",
        "session",
        "start_ticks",
        "state",
    )

    def __init__(self, pid: int, fields: list[bytes]) -> None:
        self.pid = pid
        self.state = fields[_STATE].decode()
        self.ppid = int(fields[_PPID])
        self.session = int(fields[_SESSION])
        self.cpu_ticks = int(fields[_UTIME]) + int(fields[_STIME])
        self.reaped_ticks = int(fields[_CUTIME]) + int(fields[_CSTIME])
        self.start_ticks = int(fields[_START])
        self.resident = int(fields[_RSS])
        # A process whose first thread has ended shows Z while its other threads still run.
        self.alive = self.state not in "ZX" or int(fields[_THREADS]) > 1


_CHUNK = 16384  # bytes; large buffers would stay with the allocator


def read(path: str, limit: int) -> bytes:
    """The beginning of a file below `/proc`; empty when it is gone or closed to us."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        content = b""
        while len(content) < limit and (chunk := os.read(fd, min(_CHUNK, limit))):
            content += chunk
        return content
    except OSError:  # it ended between the two calls (ESRCH)
        return b""
    finally:
        os.close(fd)


def waited(pid: int) -> float:
    """Seconds for which the first thread of a process was ready to run and others ran; 0 where the
    kernel does not tell (Documentation/scheduler/sched-stats.rst).
    """
    fields = read(f"/proc/{pid}/schedstat", 200).split()
    return int(fields[1]) / 1e9 if len(fields) > 1 else 0.0


def read_stat(pid: int) -> Stat | None:
    """The process with this number now, None when there is none that we may see."""
    raw = read(f"/proc/{pid}/stat", 4096)
    if not raw:
        return None
    # The command name may hold spaces and parentheses; the last one closes it.
    return Stat(pid, raw[raw.rindex(b")") + 2 :].split())


def latest_pid() -> bytes:
    """The number of the process that was made last (proc_loadavg(5)): while it stays the same, no
    process has come.
    """
    return read("/proc/loadavg", 256).split()[-1]


def all_stats() -> dict[int, Stat]:
    """Every process that we may see, by number."""
    found: dict[int, Stat] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = read_stat(int(name))
            if stat is not None:
                found[stat.pid] = stat
    return found


def environment_holds(pid: int, assignment: bytes) -> bool:
    """Whether the environment with which the process was started holds exactly this NAME=value."""
    # 2 MiB: ARG_MAX of Linux with the default stack limit; a marker beyond it is not looked for.
    raw = read(f"/proc/{pid}/environ", 2 << 20)
    return b"\0" + assignment + b"\0" in b"\0" + raw + b"\0"


def is_traced(pid: int) -> bool:
    """Whether a debugger holds the process: then a stop is its wish and no fault."""
    for line in read(f"/proc/{pid}/status", 8192).splitlines():
        if line.startswith(b"TracerPid:"):
            return line.split()[1] != b"0"
    return False


def boot_id() -> str:
    """The identity of this boot of the kernel (random(4))."""
    return read("/proc/sys/kernel/random/boot_id", 64).decode().strip()


def send(pid: int, start_ticks: int, signal_number: int) -> bool:
    """Signal exactly this process; False when it has ended or its number belongs to another.

    The pidfd pins the process first, the start time is compared after: no other process can come
    between.

    Raises:
        PermissionError: it runs as somebody whom we may not signal.
    """
    if pid <= 1 or pid == os.getpid():
        return False
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        stat = read_stat(pid)
        if stat is None or stat.start_ticks != start_ticks or not stat.alive:
            return False
        signal.pidfd_send_signal(fd, signal_number)
    except ProcessLookupError:
        return False
    finally:
        os.close(fd)
    return True

"""Ports for outgoing connections that are in use."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTEN = "0A"
_MOST = 32 * 2**20


def _run(look: Look) -> Result:
    files = look.facts.files
    span = procfs.numbers(files, "/proc/sys/net/ipv4/ip_local_port_range")
    if len(span) != 2:
        return not_applicable("there is no range of ports for outgoing connections")
    low, high = span
    used = set()
    for table in _TABLES:
        used |= _ports(files.read(table, _MOST) or b"", low, high)
    total = high - low + 1
    message = f"{len(used)} of {total} ports for outgoing connections in use"
    return judge(100.0 * len(used) / total, "%", look.limits, message)


def _ports(table: bytes, low: int, high: int) -> set[int]:
    """Local ports within the range, of sockets that do not listen."""
    found = set()
    for line in table.decode("ascii", "replace").splitlines()[1:]:
        words = line.split()
        if len(words) > 3 and words[3] != _LISTEN:
            port = int(words[1].rpartition(":")[2], 16)
            if low <= port <= high:
                found.add(port)
    return found


CHECK = Check(
    id="system-ports",
    title="Ports for outgoing connections",
    why="Without a free port no connection can be opened, also not to one's own database.",
    category="system",
    interval=60.0,
    unit="%",
    thresholds=Thresholds(warning=70.0, critical=90.0),
    run=_run,
)

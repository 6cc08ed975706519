"""A mark on a process that all its descendants inherit and keep: a limit that limits nothing.

Environment and session, by which descendants are found as well, can be lost: PostgreSQL's backends
lead sessions of their own and overwrite their environment with zeros, so that after the death of
their postmaster nothing else would tell whose they are. RLIMIT_RSS has had no effect since Linux
2.4.30 (getrlimit(2)), is inherited through fork and exec, and everybody may lower it and read it in
`/proc/<pid>/limits`. So each launch gets a number of its own, in the range of exbibytes.
"""

from __future__ import annotations

import resource

from vrooli.host.keeper import proc

_HIGHEST = 1 << 62
_LOWEST = 1 << 24  # below this the numbers of two launches could meet; then there is no tag
_NAME = b"Max resident set"


def escape() -> None:
    """Leave the tree of whoever started this keeper, by a number of our own."""
    hard = resource.getrlimit(resource.RLIMIT_RSS)[1]
    if hard > 0:
        resource.setrlimit(resource.RLIMIT_RSS, (hard - 1, hard - 1))


def tag_for(launch_id: str) -> int:
    """The number for a launch; 0 when there is no room for one.

    It is below our own limit, since only root may raise one, and above half of it, so that a keeper
    within a service finds room again.
    """
    hard = resource.getrlimit(resource.RLIMIT_RSS)[1]
    ceiling = _HIGHEST if hard < 0 else min(hard, _HIGHEST)
    if ceiling < _LOWEST:
        return 0
    return ceiling // 2 + int(launch_id, 16) % (ceiling // 4)


def put_on(tag: int) -> None:
    """Mark this process and all that will descend from it."""
    if tag:
        resource.setrlimit(resource.RLIMIT_RSS, (tag, tag))


def carries(pid: int, tag: int) -> bool:
    """Whether a process has this mark."""
    if not tag:
        return False
    for line in proc.read(f"/proc/{pid}/limits", 8192).splitlines():
        if line.startswith(_NAME):
            return line.split()[-2] == str(tag).encode()  # soft limit, hard limit, unit
    return False

"""The threads of this process."""

import os

from vrooli.host.keeper import proc


def one_waits_for_a_disk() -> bool:
    """Whether one of them is in the state D of proc_pid_stat(5): no signal reaches it there."""
    try:
        numbers = [int(name) for name in os.listdir("/proc/self/task")]
    except OSError:
        return False
    stats = (proc.read_stat(number) for number in numbers)
    return any(stat is not None and stat.state == "D" for stat in stats)

"""What the kernel says of a process that others keep from running."""

import os
import subprocess
import sys
from functools import partial

from tests.support.waiting import wait_for
from vrooli.host.keeper import proc

SPIN = "import os; os.sched_setaffinity(0, {%d})\nwhile True: pass"


def test_one_that_shares_a_core_has_waited_and_one_that_sleeps_has_not() -> None:
    core = min(os.sched_getaffinity(0))
    spinning = [subprocess.Popen([sys.executable, "-S", "-c", SPIN % core]) for _ in range(2)]
    idle = subprocess.Popen(["sleep", "60"])
    try:
        for one in spinning:
            wait_for(partial(_waited, one.pid), "it was kept from the processor")
        assert proc.waited(idle.pid) < 0.25
    finally:
        for one in (*spinning, idle):
            one.kill()
            one.wait()
    assert proc.waited(idle.pid) == 0.0, "nothing is told of one that is gone"


def _waited(pid: int) -> bool:
    return proc.waited(pid) > 0.5

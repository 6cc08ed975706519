"""The machine has no memory left: what answers late waits for a page, and would start even slower.

What holds much of the memory itself is restarted all the same: that may be the very cure. That the
kernel killed something for want of memory is no reason: what it killed has ended, and is started,
and a container that reached a limit of its own says nothing about the machine.
"""

from vrooli.autoheal import procfs
from vrooli.autoheal.gate import Around, Gate
from vrooli.autoheal.tracker import Tracked

STALLED = 40.0
"""Percent of the last ten seconds in which no task got on, for want of memory (PSI "full")."""

LEAST = 2.0
"""Percent of the memory that can still be given out."""

HOLDS = 25.0
"""Percent of the memory from which on a service may itself be why there is none."""


def _look(around: Around) -> str:
    stalled = procfs.pressure(around.files, "memory", "full", "avg10") or 0.0
    memory = around.system.memory()
    left = 100.0 * memory.available / memory.total
    if stalled < STALLED and left >= LEAST:
        return ""
    told = f"{left:.1f} % of it left, nothing got on for {stalled:.0f} % of the last 10 s"
    return f"the machine is out of memory ({told}): slow is not dead"


def _judge(tracked: Tracked, said: str, around: Around) -> str:
    if not said:
        return ""
    held = 100.0 * around.memory_of(tracked.name) / around.system.memory().total
    return "" if held >= HOLDS else said


GATE = Gate(
    id="memory",
    when=f"less than {LEAST:g} % of the memory is left, or nothing got on for {STALLED:g} % of the "
    f"last 10 s for want of it; not where the service itself holds {HOLDS:g} % or more",
    look=_look,
    judge=_judge,
)

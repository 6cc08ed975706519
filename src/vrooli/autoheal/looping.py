"""What is only watched, and is started over and over by its manager: that heals nothing, each look
may find it well for a moment, and nobody would ever hear of it.
"""

from vrooli.autoheal.tracker import Tracked
from vrooli.core.result import Result, critical
from vrooli.stack.held_runtime import HeldRuntime
from vrooli.stack.supervisor import Supervisor

_BY_ITS_MANAGER = ("running", "starting", "restarting")


def count_restarts(tracked: Tracked, supervisor: Supervisor) -> None:
    """Take on what its manager says of that."""
    held = supervisor.held(tracked.service)
    if held is not None:
        now = supervisor.context.tools.clock.monotonic()
        running = held.phase in ("running", "starting")
        tracked.restarts = tracked.restarts.after(held.restarted, now, running=running)


def in_a_loop(tracked: Tracked, supervisor: Supervisor) -> bool:
    """Whether it is in one, and that is not ours to end."""
    service, held = tracked.service, supervisor.held(tracked.service)
    if held is None or service.managed or held.asked or supervisor.silence(service):
        return False
    now = supervisor.context.tools.clock.monotonic()
    loops = tracked.restarts.over_and_over(now, service.start_timeout)
    return loops and held.phase in _BY_ITS_MANAGER


def over_and_over(tracked: Tracked, supervisor: Supervisor) -> Result:
    """How it is then, whatever a look at it says."""
    ended = supervisor.context.exits.latest(tracked.name)
    why = f": {ended.describe()}" if ended is not None else ""
    runtime = supervisor.runtime(tracked.service)
    assert isinstance(runtime, HeldRuntime)  # asked of what a manager holds only
    return critical(f"{runtime.manager} starts it over and over{why}")

"""How late the watchdog itself is."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    lag = look.facts.loop_lag * 1000
    return judge(lag, "ms", look.limits, f"the loop was late by at most {lag:.0f} ms")


CHECK = Check(
    id="watchdog-loop",
    title="Watchdog loop",
    why="A watchdog that is late itself must not take others for dead.",
    category="watchdog",
    interval=10.0,
    unit="ms",
    thresholds=Thresholds(warning=1000.0, critical=5000.0),
    run=_run,
)

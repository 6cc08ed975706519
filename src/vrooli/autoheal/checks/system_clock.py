"""Whether the wall clock jumped: by how much it moved against the one that never does."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, critical
from vrooli.stack.model import Thresholds

EARLIEST = 1_767_225_600.0
"""2026-01-01: no machine that runs this is older, so its clock would be wrong."""

REMEMBERED = 900.0
"""Seconds for which a jump is told."""


def _run(look: Look) -> Result:
    clock = look.facts.tools.clock
    now, monotonic = clock.wall(), clock.monotonic()
    if now < EARLIEST:
        return critical("the clock stands before this program was written")
    offset = now - monotonic
    before = look.before.details if look.before else {}
    step = abs(offset - float(before.get("offset", offset)))
    told = monotonic - float(before.get("at", -REMEMBERED)) < REMEMBERED
    earlier = float(before.get("jump", 0.0)) if told else 0.0
    jump, at = (step, monotonic) if step > earlier else (earlier, before.get("at", monotonic))
    message = f"the clock jumped by {jump:.1f} s" if jump > 0.1 else "the clock runs evenly"
    return judge(jump, "s", look.limits, message, offset=offset, jump=jump, at=at)


CHECK = Check(
    id="system-clock",
    title="Clock",
    why="After a jump schedules, certificates and times in logs are wrong.",
    category="system",
    interval=10.0,
    unit="s",
    thresholds=Thresholds(warning=2.0, critical=60.0),
    run=_run,
)

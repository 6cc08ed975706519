"""The clock was just set far, or was never set: certificates, tokens and time limits are then wrong
everywhere, and a restart mends none of them.

That nobody keeps the clock in time is no reason: in containers and isolated networks it is so for
ever.
"""

from vrooli.autoheal.checks.system_clock import EARLIEST
from vrooli.autoheal.gate import Around, Gate
from vrooli.autoheal.steps import LARGE

SETTLES = 60.0
"""Seconds after which what a step has upset has had its time to find its way back."""


def _look(around: Around) -> str:
    if around.steps.wall() < EARLIEST:
        return "the clock stands before this program was written: it must be set first"
    step = around.steps.within(SETTLES)
    if not step:
        return ""
    way = "forward" if step > 0 else "back"
    return (
        f"the clock was just set {way} by {abs(step):.0f} s: what that upset may recover by itself"
    )


GATE = Gate(
    id="clock",
    when=f"the clock was set by more than {LARGE:g} s within the last {SETTLES:g} s, or stands "
    "before 2026",
    look=_look,
)

"""Somebody sets the clock an hour forward, and an hour back."""

import time
from functools import partial

from vrooli.autoheal.selftest.scenario import Lab, Scenario

HOUR = 3600.0


def _run(lab: Lab) -> None:
    lab.machine.own_clock()
    lab.service("web")
    lab.service("still")
    lab.up()
    still = lab.pid("still")
    for times, offset in enumerate((HOUR, -HOUR), 1):
        lab.machine.set_clock(offset)
        lab.until(partial(_seen, lab, offset), "it is seen")
        lab.kill("web")
        lab.healed("web", times)
    lab.expect(lab.pid("still") == still, "nothing else was touched")
    lab.expect(lab.starts("web") == 3, "each failure was healed once")


def _seen(lab: Lab, offset: float) -> bool:
    return abs(lab.looked_at("web") - time.time() - offset) < HOUR / 4


SCENARIO = Scenario(
    "clock-jump",
    "somebody sets the clock an hour forward, and an hour back",
    "nothing is restarted for it, and what dies is healed as before",
    _run,
)

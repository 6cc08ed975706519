"""An overloaded machine answers late; restarting what is late only adds to the load."""

from vrooli.autoheal.gate import Around, Gate

OVERLOAD = 50.0
"""Runnable or waiting tasks per processor, over one minute: each gets less than 2 % of one."""


def _look(around: Around) -> str:
    per_cpu = around.system.load()[0] / max(1, around.cpus)
    if per_cpu < OVERLOAD:
        return ""
    return f"the machine is overloaded ({per_cpu:.0f} runnable per processor): slow is not dead"


GATE = Gate(
    id="overload",
    when=f"the machine has more than {OVERLOAD:g} runnable tasks per processor, over a minute",
    look=_look,
)

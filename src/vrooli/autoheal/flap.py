"""Whether something changes its mind all the time, whether or not any of its failures lasts long
enough to be believed. Pure.

The method is that of Nagios: the last 21 looks have 20 places where one may differ from the one
before; a recent difference weighs 1.2, the oldest 0.8. It flaps from `HIGH` percent on, and is calm
again below `LOW`. (Nagios' own thresholds, 20 and 5, are for looks a minute apart; ours are seconds
apart, and two short outages in two minutes are no flapping.)
"""

from dataclasses import dataclass, replace

from vrooli.core.result import Result
from vrooli.core.status import Status

LOOKS = 21
HIGH, LOW = 50.0, 25.0
_OLDEST, _NEWEST = 0.8, 1.2


@dataclass(frozen=True, slots=True)
class Flaps:
    """What the latest looks found.

    Attributes:
        passed: whether each did, the oldest first.
        flapping: whether they change their mind all the time.
        said: what the latest that failed said.
    """

    passed: tuple[bool, ...] = ()
    flapping: bool = False
    said: str = ""

    def after(self, passed: bool, said: str = "") -> "Flaps":
        """One more look, and what it said."""
        looks = (*self.passed, passed)[-LOOKS:]
        change = percent(looks)
        flapping = change >= LOW if self.flapping else change >= HIGH
        return Flaps(looks, flapping, self.said if passed else said.partition("\n")[0])

    @property
    def words(self) -> str:
        """What is wrong, as the end of a sentence; empty while it does not flap."""
        if not self.flapping:
            return ""
        failed, of = self.passed.count(False), len(self.passed)
        why = f", the last of them: {self.said}" if self.said else ""
        return f"comes and goes: {failed} of the latest {of} looks failed{why}"

    def shown(self, result: Result) -> Result:
        """`result` of the latest look as people see it: while it flaps, a good one is a warning."""
        if not self.flapping or not result.healthy:
            return result
        return replace(result, status=Status.WARNING, message=f"{result.message}; {self.words}")


def percent(looks: tuple[bool, ...]) -> float:
    """How much of the time it changes, weighted, from 0 to 100; missing looks count as calm."""
    places = LOOKS - 1
    first = LOOKS - len(looks)
    changes = [first + index for index in range(1, len(looks)) if looks[index] != looks[index - 1]]
    step = (_NEWEST - _OLDEST) / (places - 1)
    return 100.0 * sum(_OLDEST + step * (place - 1) for place in changes) / places

"""Whether something changes its mind all the time. Pure.

The method is that of Nagios: the last 21 looks have 20 places where one may differ from the one
before; a recent difference weighs 1.2, the oldest 0.8. It flaps from `HIGH` percent on, and is calm
again below `LOW`. (Nagios' own thresholds, 20 and 5, are for looks a minute apart; ours are seconds
apart, and two short outages in two minutes are no flapping.)
"""

from dataclasses import dataclass

LOOKS = 21
HIGH, LOW = 50.0, 25.0
_OLDEST, _NEWEST = 0.8, 1.2


@dataclass(frozen=True, slots=True)
class Flaps:
    """The latest looks, oldest first: whether each passed."""

    passed: tuple[bool, ...] = ()
    flapping: bool = False

    def after(self, passed: bool) -> "Flaps":
        """One more look."""
        looks = (*self.passed, passed)[-LOOKS:]
        change = percent(looks)
        return Flaps(looks, change >= LOW if self.flapping else change >= HIGH)


def percent(looks: tuple[bool, ...]) -> float:
    """How much of the time it changes, weighted, from 0 to 100; missing looks count as calm."""
    places = LOOKS - 1
    first = LOOKS - len(looks)
    changes = [first + index for index in range(1, len(looks)) if looks[index] != looks[index - 1]]
    step = (_NEWEST - _OLDEST) / (places - 1)
    return 100.0 * sum(_OLDEST + step * (place - 1) for place in changes) / places

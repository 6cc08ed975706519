"""A service that is stopped, or accepts and never answers: how soon that is noticed."""

import signal
import time

from bench._arguments import parser
from bench._figures import machine, percentile, say
from bench._lab import Lab, Victim, lab, rounds, wait
from bench._ours import Ours, ours
from bench._peers import supervisord

EACH = 20
INTERVALS = (0.5, 1.0)
WATCHED = 20.0
"""Seconds that supervisord is given to notice."""


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(f"SIGSTOP, and a service that never answers -> noticed\n{machine()}")
    for interval in INTERVALS:
        for title, stop in (("SIGSTOP", True), ("never answers", False)):
            found = [seconds / interval for seconds in _ours(interval, stop=stop)]
            shown = ", ".join(
                f"{name} {percentile(found, share):.2f}"
                for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
            )
            say(f"  ours, {title}, interval {interval:g} s: n={len(found)}  {shown} intervals")
    say(f"  supervisord, SIGSTOP: {_supervisord()}")
    say("  ratio: supervisord / ours: never / ours")


def _ours(interval: float, *, stop: bool) -> list[float]:
    with lab() as place:
        place.add(EACH)
        with ours(place, interval) as stack:
            place.all_answer()
            return [_noticed(stack, v, stop=stop) for v in rounds(place.victims, EACH)]


def _noticed(stack: Ours, victim: Victim, *, stop: bool) -> float:
    at = time.monotonic()
    if stop:
        at = victim.kill(signal.SIGSTOP)
    else:
        victim.mute.touch()
    if wait(lambda: stack.heal_after(victim.name, at), 60.0) is None:
        raise SystemExit(f"{victim.name}: never noticed")
    victim.mute.unlink(missing_ok=True)
    heal = stack.heal_after(victim.name, at)
    assert heal is not None  # just waited for
    return float(heal["detected_monotonic"]) - at


def _supervisord() -> str:
    with lab() as place:
        place.add(1)
        with supervisord(place):
            place.all_answer()
            return _watch_for(place)


def _watch_for(place: Lab) -> str:
    victim = place.victims[0]
    stopped = victim.kill(signal.SIGSTOP)
    back = wait(lambda: victim.starts()[-1][0] > stopped or victim.answers(0.2), WATCHED)
    return f"never, in {WATCHED:g} s" if back is None else f"{back:.1f} s"


if __name__ == "__main__":
    main()

"""A service that crashes at once: how often it is started, and whether it recovers when mended."""

import time

from bench._figures import machine, say
from bench._lab import Lab, lab, wait
from bench._ours import ours
from bench._peers import monit, supervisord
from vrooli.autoheal.backoff import Backoff
from vrooli.stack.model import AutohealSettings

OBSERVED = 60.0
MENDED = 90.0
"""Seconds that it gets to recover after it was mended."""


def main() -> None:
    """Measure and print."""
    say(f"a service that crashes at once, for {OBSERVED:g} s\n{machine()}")
    first, rest = _schedule()
    say(f"  ours, by the policy: {first} starts in 10 min, then one per {rest / 60:g} min")
    with lab() as place:
        place.add(1, needed=True)
        with ours(place):
            ours_starts, ours_back = _observe(place)
    with lab() as place:
        place.add(1, needed=True)
        with supervisord(place):
            theirs, back = _observe(place)
    say(f"  ours: {ours_starts} starts; mended, it serves after {ours_back}")
    say(f"  supervisord: {theirs} starts; mended, it serves after {back}")
    say(f"  ratio: supervisord / ours, starts: {theirs / ours_starts:.1f} x")
    with lab() as place:
        place.add(1, needed=True)
        with monit(place):
            theirs, back = _observe(place)
    say(f"  Monit at 1 s: {theirs} starts; mended, it serves after {back}")
    say(f"  ratio: Monit / ours, starts: {theirs / ours_starts:.1f} x")


def _observe(place: Lab) -> tuple[int, str]:
    """Starts within `OBSERVED` seconds, and how long it takes to serve once it is mended."""
    victim = place.victims[0]
    time.sleep(OBSERVED)
    starts = len(victim.starts())
    victim.go.touch()
    back = wait(victim.answers, MENDED)
    return starts, f"never, in {MENDED:g} s" if back is None else f"{back:.1f} s"


def _schedule() -> tuple[int, float]:
    """Starts of an immediate crasher within ten minutes, and the seconds between later ones."""
    settings = AutohealSettings()
    backoff, now, starts = Backoff(), 0.0, [0.0]
    while now < 7200:
        backoff = backoff.failed(now, settings)
        now = max(now, backoff.allowed_at(settings))
        starts.append(now)
    early = sum(1 for at in starts if at < 600)
    return early, starts[-1] - starts[-2]


if __name__ == "__main__":
    main()

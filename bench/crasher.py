"""A service that crashes at once: how often it is started, and whether it recovers when mended."""

import time
from concurrent.futures import ThreadPoolExecutor

from bench._arguments import parser
from bench._figures import machine, say
from bench._lab import Lab, lab, wait
from bench._ours import ours
from bench._peers import monit, supervisord
from vrooli.autoheal.backoff import Backoff
from vrooli.stack.model import AutohealSettings

OBSERVED = 600.0
MENDED = 960.0
"""Seconds that it gets to recover after it was mended."""


def main() -> None:
    """Measure and print: all at the same time, since what is counted takes no processor."""
    parser(__doc__).parse_args()
    say(f"a service that crashes at once, for {OBSERVED:g} s\n{machine()}")
    first, rest = _schedule()
    say(f"  ours, by the policy: {first} starts in 10 min, then one per {rest / 60:g} min")
    with lab() as mine, lab() as first_peer, lab() as second_peer:
        places = {"ours": mine, "supervisord": first_peer, "Monit at 1 s": second_peer}
        for place in places.values():
            place.add(1, needed=True)
        with ours(mine), supervisord(first_peer), monit(second_peer):
            time.sleep(OBSERVED)
            starts = {name: len(place.victims[0].starts()) for name, place in places.items()}
            with ThreadPoolExecutor() as pool:
                back = dict(zip(places, pool.map(_mend, places.values()), strict=True))
    for name in places:
        say(f"  {name}: {starts[name]} starts; mended, it serves after {back[name]}")
    for name in list(places)[1:]:
        say(f"  ratio: {name} / ours, starts: {starts[name] / starts['ours']:.1f} x")


def _mend(place: Lab) -> str:
    """How long it takes to serve once it is mended."""
    victim = place.victims[0]
    victim.go.touch()
    back = wait(victim.answers, MENDED)
    return f"never, in {MENDED:g} s" if back is None else f"{back:.1f} s"


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

"""What the watchdog costs while it looks at 50 services every 5 seconds."""

import time

from bench._figures import machine, say
from bench._lab import lab
from bench._ours import ours
from bench._peers import monit, monit_pid
from bench._process import cost, rss

SERVICES = 50
SECONDS = 60.0


def main() -> None:
    """Measure and print."""
    with lab() as place:
        place.add(SERVICES)
        with ours(place, 5.0) as stack:
            place.all_answer()
            time.sleep(10.0)
            watchdog = stack.pid("autoheal")
            keeper = int(stack.client.status()["watchdog"]["keeper"].split(":")[1])
            own = cost(watchdog, SECONDS)
            keeper_rss = rss(keeper)
    with lab() as place:
        place.add(SERVICES)
        with monit(place):
            place.all_answer()
            time.sleep(5.0)
            peer = cost(monit_pid(place), SECONDS)
    say(f"{SERVICES} services, over {SECONDS:g} s\n{machine()}")
    say(f"  ours at 5 s, watchdog: RSS {own.rss:.1f} MiB, {own.share:.2f} % of a core")
    say(f"  ours, keeper: RSS {keeper_rss:.1f} MiB")
    say(f"  Monit at 1 s (processes only): RSS {peer.rss:.1f} MiB, {peer.share:.2f} % of a core")
    say(f"  ratio: Monit / ours, RSS: {peer.rss / own.rss:.2f} x")


if __name__ == "__main__":
    main()

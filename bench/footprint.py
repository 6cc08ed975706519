"""What the watchdog costs while it looks at 50 services every 5 seconds."""

import time

from bench._arguments import parser
from bench._figures import machine, say
from bench._lab import lab
from bench._ours import ours
from bench._peers import monit, monit_pid
from bench._process import Cost, cost, rss
from vrooli.autoheal.catalogue import InstalledChecks

SERVICES = 50
SECONDS = 60.0


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    own, keeper = _ours(_no_others())
    whole, _ = _ours("")
    with lab() as place:
        place.add(SERVICES)
        with monit(place):
            place.all_answer()
            time.sleep(5.0)
            peer = cost(monit_pid(place), SECONDS)
    say(f"{SERVICES} services, over {SECONDS:g} s\n{machine()}")
    say(f"  ours, {SERVICES} checks at 5 s and no others: {_said(own)}")
    say(f"  ours, with the checks of the machine besides: {_said(whole)}")
    say(f"  ours, keeper: RSS {keeper:.1f} MiB")
    say(f"  Monit at 1 s (processes only): {_said(peer)}")
    say(f"  ratio: Monit / ours, RSS: {peer.rss / own.rss:.2f} x")


def _ours(extra: str) -> tuple[Cost, float]:
    """What the watchdog costs, and MiB of the keeper."""
    with lab() as place:
        place.add(SERVICES)
        with ours(place, 5.0, extra=extra) as stack:
            place.all_answer()
            time.sleep(10.0)
            watchdog = stack.pid("autoheal")
            keeper = int(stack.client.status()["watchdog"]["keeper"].split(":")[1])
            return cost(watchdog, SECONDS), rss(keeper)


def _no_others() -> str:
    """Sections that switch off what is looked at without being declared."""
    names = InstalledChecks().names()
    return "\n".join(f"[checks.{name}]\nenabled = false" for name in names)


def _said(found: Cost) -> str:
    return f"RSS {found.rss:.1f} MiB, {found.share:.2f} % of a core"


if __name__ == "__main__":
    main()

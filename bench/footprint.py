"""What the watchdog costs while it looks at 50 services every 5 seconds."""

import os
import time
from pathlib import Path

from bench._figures import machine, say
from bench._lab import lab
from bench._ours import ours
from bench._peers import monit

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
            own = _cost(watchdog)
            keeper_rss = _rss(keeper)
    with lab() as place:
        place.add(SERVICES)
        with monit(place):
            place.all_answer()
            time.sleep(5.0)
            peer = _cost(int((place.folder / "monit.pid").read_text(encoding="ascii")))
    say(f"{SERVICES} services, over {SECONDS:g} s\n{machine()}")
    say(f"  ours at 5 s, watchdog: RSS {own[0]:.1f} MiB, {own[1]:.2f} % of a core")
    say(f"  ours, keeper: RSS {keeper_rss:.1f} MiB")
    say(f"  Monit at 1 s (processes only): RSS {peer[0]:.1f} MiB, {peer[1]:.2f} % of a core")
    say(f"  ratio: Monit / ours, RSS: {peer[0] / own[0]:.2f} x")


def _cost(pid: int) -> tuple[float, float]:
    before, began = _cpu(pid), time.monotonic()
    time.sleep(SECONDS)
    share = (_cpu(pid) - before) / (time.monotonic() - began)
    return _rss(pid), 100 * share


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()

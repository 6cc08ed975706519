"""One forced tick: every check that means something here, looked at once; and what they all hold in
memory.
"""

import resource
import time

from bench._arguments import json_wanted
from bench._everything import every_check, everything, in_monit
from bench._figures import machine, percentile, publish, ratio, say
from bench._lab import Lab, lab
from bench._ours import Ours, ours
from bench._peers import monit_config, monit_cycle, monit_process
from bench._process import cpu, rss

TICKS = 30


def main() -> None:
    """Measure and print."""
    as_json = json_wanted(__doc__)
    rows: dict[str, list[float]] = {}
    with lab() as place:
        place.add(1)
        with ours(place, 5.0, extra=everything(place)) as stack:
            place.all_answer()
            applicable, all_of_them = _counted(stack)
            rows["ours: a forced tick"], cost = _ticks(stack)
            memory = rss(stack.pid("autoheal"))
    with lab() as place:
        place.add(1)
        checks, rows["Monit: one cycle"] = _monit(place)
    each = percentile(rows["ours: a forced tick"], 0.5) / applicable
    theirs = percentile(rows["Monit: one cycle"], 0.5) / checks
    publish(
        f"{applicable} of {all_of_them} checks at once; Monit: {checks}",
        rows,
        {
            "Monit / ours": ratio(rows["Monit: one cycle"], rows["ours: a forced tick"]),
            "Monit / ours, for each check": f"{theirs / each:.1f} x",
        },
        as_json=as_json,
    )
    kinds = every_check()
    say(f"  ours: {1000 * cost:.0f} ms of CPU a tick; RSS with {kinds} kinds {memory:.1f} MiB")
    say(f"  {machine()}")


def _counted(stack: Ours) -> tuple[int, int]:
    """Checks that mean something on this machine, and all."""
    rows = stack.client.tick(force=True)["checks"]
    return sum(1 for row in rows if (row["result"] or {}).get("applicable")), len(rows)


def _ticks(stack: Ours) -> tuple[list[float], float]:
    """Seconds of each, and processor seconds of one."""
    found, pid = [], stack.pid("autoheal")
    used = 0.0
    for _ in range(TICKS):
        time.sleep(0.5)
        before, began = cpu(pid), time.monotonic()
        stack.client.tick(force=True)
        found.append(time.monotonic() - began)
        used += cpu(pid) - before
    return found, used / TICKS


def _monit(place: Lab) -> tuple[int, list[float]]:
    """Its checks, and the seconds of each cycle: a process that looks at everything once."""
    everything(place)
    lines = [*in_monit(place.folder), *monit_process(place, place.victims[0])]
    config = monit_config(place, lines)
    found = []
    monit_cycle(config)  # this one starts the service
    place.all_answer()
    for _ in range(TICKS):
        time.sleep(0.2)
        began = time.monotonic()
        monit_cycle(config)
        found.append(time.monotonic() - began)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    say(f"  Monit: {1000 * (used.ru_utime + used.ru_stime) / TICKS:.0f} ms of CPU a cycle at most")
    return sum(1 for line in lines if line.lstrip().startswith("if")) + 1, found


if __name__ == "__main__":
    main()

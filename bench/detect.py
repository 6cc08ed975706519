"""kill -9 of a service: how soon it is noticed, and how soon its next process begins."""

import time

from bench._arguments import json_wanted
from bench._figures import publish, ratio
from bench._lab import Lab, Victim, lab, rounds, silent_listener, wait
from bench._ours import Ours, ours
from bench._peers import monit, supervisord

KILLS = 100
PEER_KILLS, PEER_SERVICES = 20, 10
HUNG, HUNG_KILLS = 20, 3


def main() -> None:
    """Measure and print."""
    as_json = json_wanted(__doc__)
    rows: dict[str, list[float]] = {}
    rows["ours: noticed"], rows["ours: next process begins"] = _ours(0)
    busy = _ours(HUNG)
    rows[f"ours, {HUNG} hung checks: noticed"] = busy[0]
    rows[f"ours, {HUNG} hung checks: next process begins"] = busy[1]
    with lab() as place:
        place.add(PEER_SERVICES)
        with supervisord(place):
            rows["supervisord: next process begins"] = _begins(place, PEER_KILLS)
    with lab() as place:
        place.add(PEER_SERVICES)
        with monit(place):
            rows["Monit at 1 s: next process begins"] = _begins(place, PEER_KILLS)
    with lab() as place, silent_listener() as silent:
        place.add(HUNG_KILLS)
        with monit(place, [silent] * 5):
            rows["Monit at 1 s, 5 hung checks"] = _begins(place, HUNG_KILLS)
    began = rows["ours: next process begins"]
    publish(
        "kill -9 of a service -> noticed, started again",
        rows,
        {
            "supervisord / ours, next process": ratio(
                rows["supervisord: next process begins"], began
            ),
            "Monit / ours, next process": ratio(rows["Monit at 1 s: next process begins"], began),
            "Monit / ours, with hung checks": ratio(rows["Monit at 1 s, 5 hung checks"], busy[1]),
        },
        as_json=as_json,
    )


def _ours(hung: int) -> tuple[list[float], list[float]]:
    noticed: list[float] = []
    begun: list[float] = []
    with lab() as place, silent_listener() as silent:
        place.add(KILLS)
        with ours(place, hung=[silent] * hung) as stack:
            place.all_answer()
            for victim in rounds(place.victims, KILLS):
                wait(victim.answers, 20.0)
                killed = victim.kill()
                back = victim.back(killed)
                noticed.append(_noticed(stack, victim, killed))
                if back is not None:
                    begun.append(back[0])
    return noticed, begun


def _noticed(stack: Ours, victim: Victim, killed: float) -> float:
    for _ in range(500):
        heal = stack.heal_after(victim.name, killed)
        if heal is not None:
            return float(heal["detected_monotonic"]) - killed
        time.sleep(0.01)
    raise SystemExit(f"{victim.name}: no heal was recorded")


def _begins(place: Lab, kills: int) -> list[float]:
    place.all_answer()
    time.sleep(2.0)  # supervisord counts a process as started after one second
    found = []
    for victim in rounds(place.victims, kills):
        back = victim.back(victim.kill())
        if back is not None:
            found.append(back[0])
        time.sleep(1.2)
    return found


if __name__ == "__main__":
    main()

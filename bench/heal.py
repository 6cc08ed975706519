"""kill -9 of a service with a start of 100 ms: how soon it serves, and that is verified."""

import time

from bench._arguments import json_wanted
from bench._figures import publish, ratio
from bench._lab import Lab, lab, rounds
from bench._ours import ours
from bench._peers import monit, supervisord

STARTS_IN = 0.1
KILLS = 50
PEER_KILLS, PEER_SERVICES = 10, 10


def main() -> None:
    """Measure and print."""
    as_json = json_wanted(__doc__)
    rows: dict[str, list[float]] = {"ours: verified healthy": [], "ours: serves": []}
    with lab() as place:
        place.add(KILLS, STARTS_IN)
        with ours(place) as stack:
            place.all_answer()
            for victim in rounds(place.victims, KILLS):
                killed = victim.kill()
                back = victim.back(killed)
                time.sleep(0.1)
                heal = stack.heal_after(victim.name, killed)
                if heal is None or heal["verified_after"] is None or back is None:
                    raise SystemExit(f"{victim.name}: not healed: {heal}")
                noticed = float(heal["detected_monotonic"]) - killed
                rows["ours: verified healthy"].append(noticed + float(heal["verified_after"]))
                rows["ours: serves"].append(back[1])
    with lab() as place:
        place.add(PEER_SERVICES, STARTS_IN)
        with supervisord(place):
            rows["supervisord: serves (it verifies nothing)"] = _serves(place)
    with lab() as place:
        place.add(PEER_SERVICES, STARTS_IN)
        with monit(place):
            rows["Monit at 1 s: serves (it verifies nothing)"] = _serves(place)
    serves = rows["ours: serves"]
    publish(
        "kill -9 of a service with a start of 100 ms -> serves, and that is verified",
        rows,
        {
            "supervisord / ours, serves": ratio(
                rows["supervisord: serves (it verifies nothing)"], serves
            ),
            "Monit / ours, serves": ratio(
                rows["Monit at 1 s: serves (it verifies nothing)"], serves
            ),
        },
        as_json=as_json,
    )


def _serves(place: Lab) -> list[float]:
    place.all_answer()
    time.sleep(2.0)  # supervisord counts a process as started after one second
    found = []
    for victim in rounds(place.victims, PEER_KILLS):
        back = victim.back(victim.kill())
        if back is not None:
            found.append(back[1])
    return found


if __name__ == "__main__":
    main()

"""The example swarm `incident-triage`, without a model: how often it names what was seeded.

Arguments that are no options are names of faults: only those are seeded.
"""

import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench._faults import FAULTS, Fault, Shop, shop
from bench._figures import machine, say

SWARM = Path(__file__).parents[1] / "examples" / "swarms" / "incident-triage"
NAME = SWARM.name


@dataclass(frozen=True)
class Score:
    """What triage made of one fault.

    Attributes:
        fault: and its subject.
        place: of the seeded cause, from 1; 0 when it is not named.
        evidence: whether the fact that proves it stands with it.
        seconds: from the start of the swarm to its end.
        first: the cause in first place.
    """

    fault: str
    place: int
    evidence: bool
    seconds: float
    first: str


def main() -> None:
    """Measure and print."""
    only = {one for one in sys.argv[1:] if not one.startswith("-")}
    with shop() as opened:
        store(opened)
        scores = [_of(opened, one) for one in FAULTS if not only or one.name in only]
    if "--json" in sys.argv:
        rows = [asdict(one) for one in scores]
        say(json.dumps({"machine": machine(), "faults": rows, "total": _total(scores)}))
        return
    say(f"{len(scores)} faults, one after the other, each judged without a model\n{machine()}")
    for one in scores:
        place = f"place {one.place}" if one.place else "not named"
        proof = "proven" if one.evidence else "no proof"
        say(f"  {one.fault:<32} {place:<10} {proof:<9} {one.seconds:5.1f} s  first: {one.first}")
    say("  " + ", ".join(f"{name}: {value}" for name, value in _total(scores).items()))


def store(opened: Shop) -> None:
    """The routines that the swarm uses."""
    ended = opened.stack.run("routine", "add", *map(str, SWARM.glob("triage-*.yaml")))
    assert ended.returncode == 0, ended.stderr


def triage(opened: Shop, since: float) -> list[dict[str, Any]]:
    """The causes that the swarm names of what happened from then on, the likeliest first."""
    stack = opened.stack
    inputs = {"watchdog": f"http://127.0.0.1:{stack.ports['autoheal']}", "since": str(since)}
    given = [part for name, value in inputs.items() for part in ("-i", f'{name}="{value}"')]
    start = ("swarm", "start", str(SWARM / f"{NAME}.yaml"), *given, "--watch", "--json")
    ended = stack.run(*start)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    causes: list[dict[str, Any]] = json.loads(ended.stdout.splitlines()[-1])["output"]["causes"]
    return causes


def _of(opened: Shop, fault: Fault) -> Score:
    since = time.time()
    with fault.seed(opened):
        began = time.monotonic()
        causes = triage(opened, since)
        seconds = time.monotonic() - began
    opened.mend()
    named = [f"{one['cause']} {one['subject']}" for one in causes]
    wanted = f"{fault.name} {fault.subject}"
    place = named.index(wanted) + 1 if wanted in named else 0
    facts = causes[place - 1]["evidence"] if place else []
    proof = any(
        one["subject"] == fault.subject and re.search(fault.evidence, one["says"]) for one in facts
    )
    return Score(wanted, place, proof, round(seconds, 1), named[0] if named else "nothing")


def _total(scores: Sequence[Score]) -> dict[str, int]:
    return {
        "faults": len(scores),
        "first": sum(one.place == 1 for one in scores),
        "first three": sum(1 <= one.place <= 3 for one in scores),
        "evidence": sum(one.evidence for one in scores),
    }


if __name__ == "__main__":
    main()

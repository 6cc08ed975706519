"""The example swarm `incident-triage`: how often it names what was seeded.

Arguments that are no options are names of faults: only those are seeded. `--held-out` seeds others,
which whoever wrote the first rules did not know, `--fresh` those that came after today's rules.
`--model PROVIDER:MODEL` has that model judge, declared by VROOLI_MODELS as for the server;
`--model scripted` one that the bench brings along, see there.
"""

import json
import os
import re
import subprocess
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench._arguments import parser
from bench._faults import FAULTS, Fault, Shop, shop
from bench._figures import machine, say
from bench._fresh import FRESH
from bench._held_out import HELD_OUT
from bench._scripted_model import NAME as NAME_OF_SCRIPTED
from bench._scripted_model import scripted

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
        first: the cause in first place, or why there is no score.
        judged: whether there is a score.
        tokens: that the model took; 0 without one.
        micros: what that cost, millionths of a US dollar; None when nobody knows the price.
    """

    fault: str
    place: int
    evidence: bool
    seconds: float
    first: str
    judged: bool = True
    tokens: int = 0
    micros: int | None = 0


@contextmanager
def _model(name: str) -> Iterator[tuple[str, str]]:
    """The one that is to judge, and how the server knows it."""
    if name != "scripted":
        yield name, os.environ.get("VROOLI_MODELS", "") if name else ""
        return
    with scripted() as models:
        yield NAME_OF_SCRIPTED, models


def main() -> None:
    """Measure and print."""
    asked, faults = _asked()
    with _model(asked.model) as (model, models):
        _measure(faults, model, models, as_json=asked.json)


def _asked() -> tuple[Namespace, list[Fault]]:
    asked = parser(__doc__)
    asked.add_argument("faults", nargs="*", metavar="FAULT", help="only these are seeded")
    others = asked.add_mutually_exclusive_group()
    others.add_argument("--held-out", action="store_true", help="others: see above")
    others.add_argument("--fresh", action="store_true", help="the newest: see above")
    asked.add_argument("--model", default="", metavar="PROVIDER:MODEL", help="which one judges")
    asked.add_argument("--json", action="store_true", help="print data in the place of the table")
    said = asked.parse_args()
    known = FRESH if said.fresh else HELD_OUT if said.held_out else FAULTS
    if missing := sorted({*said.faults} - {one.name for one in known}):
        names = ", ".join(one.name for one in known)
        asked.error(f"there is no fault {', '.join(missing)}; choose of: {names}")
    return said, [one for one in known if not said.faults or one.name in said.faults]


def _measure(faults: Sequence[Fault], model: str, models: str, *, as_json: bool) -> None:
    with shop(models) as opened:
        store(opened)
        scores = [_scored(opened, one, model) for one in faults]
    if as_json:
        rows = [asdict(one) for one in scores]
        say(json.dumps({"machine": machine(), "faults": rows, "total": _total(scores)}))
        return
    by = f"by {model}" if model else "without a model"
    say(f"{len(scores)} faults, one after the other, each judged {by}\n{machine()}")
    for one in scores:
        place = f"place {one.place}" if one.place else "not named" if one.judged else "no score"
        proof = "proven" if one.evidence else "no proof"
        say(f"  {one.fault:<32} {place:<10} {proof:<9} {one.seconds:5.1f} s  first: {one.first}")
    say("  " + ", ".join(f"{name}: {value}" for name, value in _total(scores).items()))


def store(opened: Shop) -> None:
    """The routines that the swarm uses."""
    command = ("routine", "add", *map(str, SWARM.glob("triage-*.yaml")))
    # A server that was just started may not answer yet.
    opened.stack.until(
        lambda: opened.stack.run(*command).returncode == 0, "the routines are stored"
    )


def triage(opened: Shop, since: float, model: str = "") -> dict[str, Any]:
    """What the swarm says of what happened from then on: `causes`, the likeliest first."""
    stack = opened.stack
    inputs = {
        "watchdog": f"http://127.0.0.1:{stack.ports['autoheal']}",
        "since": str(since),
        "model": model,
    }
    given = [part for name, value in inputs.items() for part in ("-i", f'{name}="{value}"')]
    start = ("swarm", "start", str(SWARM / f"{NAME}.yaml"), *given, "--watch", "--json")
    ended = stack.run(*start)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])["output"]
    return said


def _scored(opened: Shop, fault: Fault, model: str) -> Score:
    """One that cannot be seeded, judged or mended does not take the others along."""
    try:
        return _of(opened, fault, model)
    except (AssertionError, OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
        return Score(f"{fault.name} {fault.subject}", 0, False, 0.0, said, judged=False)
    finally:
        _mended(opened)


def _mended(opened: Shop) -> None:
    try:
        opened.mend()
    except AssertionError as error:
        say(f"  not well again, which the next ones may suffer from: {str(error)[:200]}")


def _of(opened: Shop, fault: Fault, model: str) -> Score:
    time.sleep(1.5)  # triage reads logs from a second before, where the last fault may stand
    since = time.time()
    with fault.seed(opened):
        began = time.monotonic()
        said = triage(opened, since, model)
        seconds = time.monotonic() - began
    causes = said["causes"]
    named = [f"{one['cause']} {one['subject']}" for one in causes]
    wanted = f"{fault.name} {fault.subject}"
    good = {f"{name} {fault.subject}" for name in (fault.name, *fault.also)}
    place = next((place for place, name in enumerate(named, 1) if name in good), 0)
    facts = causes[place - 1]["evidence"] if place else []
    proof = any(
        one["subject"] == fault.subject and re.search(fault.evidence, one["says"]) for one in facts
    )
    usage = said.get("usage", {"tokens": 0, "micros": 0})
    return Score(
        wanted,
        place,
        proof,
        round(seconds, 1),
        named[0] if named else "nothing",
        tokens=usage["tokens"],
        micros=usage["micros"],
    )


def _total(scores: Sequence[Score]) -> dict[str, int | None]:
    costs = [one.micros for one in scores]
    return {
        "faults": len(scores),
        "judged": sum(one.judged for one in scores),
        "first": sum(one.place == 1 for one in scores),
        "first three": sum(1 <= one.place <= 3 for one in scores),
        "evidence": sum(one.evidence for one in scores),
        "tokens": sum(one.tokens for one in scores),
        "micros": None if None in costs else sum(one or 0 for one in costs),
    }


if __name__ == "__main__":
    main()

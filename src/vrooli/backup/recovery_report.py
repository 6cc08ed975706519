"""How a recovery ended: what was reached, what was not, and what is for people to do now. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from vrooli.backup.recovery import Beginning, Did
from vrooli.stack.backup_settings import Objectives
from vrooli.stack.model import Stack


def report(
    begun: Beginning, home: str, stack: Stack, steps: Sequence[tuple[str, Did]], now: float
) -> dict[str, Any]:
    """All of it, for the record of the incident. RTO is from the first command on; of RPO more
    cannot be known here: until then the lost machine may have been written to.

    Args:
        begun: what was to be done.
        home: folder of the stack.
        stack: that came up.
        steps: what became of each, in order.
        now: Unix seconds.
    """
    objectives = stack.backup.objectives
    rto, _ = objectives.of("system")
    return {
        "stack": begun.stack,
        "host": begun.host,
        "store": begun.store["url"],
        "home": home,
        "begun": begun.at,
        "ended": now,
        "rto_seconds": round(now - begun.at, 3),
        "rto_objective": rto,
        "rto_met": now - begun.at <= rto,
        "parts": [_part(asdict(one), begun.at, objectives) for one in begun.parts],
        "steps": [{"step": name, **asdict(did)} for name, did in steps],
        "left": [line for _, did in steps for line in did.left],
        "next": next_steps(stack),
    }


def _part(one: Mapping[str, Any], begun: float, objectives: Objectives) -> dict[str, Any]:
    _, allowed = objectives.of(one["source"])
    lost = max(0.0, begun - one["since"])
    return {
        **{key: one[key] for key in ("service", "source", "point", "taken")},
        "bytes": one["plain"],
        "wal_files": one["files"],
        "data_until": one["since"],
        "rpo_seconds": round(lost, 3),
        "rpo_objective": allowed,
        "rpo_met": lost <= allowed,
    }


def next_steps(stack: Stack) -> list[str]:
    """What no program does, or none should unasked."""
    served = [
        f"{one.name} {one.port}"
        for one in stack.services.values()
        if one.port and one.role == "scenario" and not one.is_watchdog
    ]
    names = ", ".join(stack.backup.stores)
    lines = [
        "have names (DNS, load balancers) lead to this machine"
        + (f": {', '.join(served)}" if served else ""),
        "see that the lost machine cannot come back and write to the same "
        + (f"stores: {names}" if names else "store"),
        "`vrooli backup store check`: whether each store takes what this machine writes",
        "`vrooli backup run`: the first restore point of this machine",
        "`vrooli backup key export`: a copy of the key elsewhere; remove the one you came with",
        "`vrooli-autoheal install`: it comes up again after a reboot",
    ]
    if len(stack.backup.stores) > 1:
        lines.insert(3, "`vrooli backup copy`: every store has every restore point again")
    return lines

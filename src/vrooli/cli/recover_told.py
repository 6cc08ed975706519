"""How a recovery is told: along the checklist of the operator's guide, from the scope of the
failure to what was learned.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vrooli.cli import render
from vrooli.cli.backup_words import when
from vrooli.core.plain import plain
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.recovery import Outlook, Returning

_DONE, _YOURS = "[x]", "[ ]"


def outlook_row(look: "Outlook") -> dict[str, Any]:
    """All of it."""
    return {
        "stack": look.stack,
        "host": look.host,
        "store": look.store,
        "home": look.home,
        "file": look.file,
        "parts": [asdict(one) for one in look.parts],
        "missing": look.missing,
        "need_bytes": look.need,
        "free_bytes": look.free,
        "seconds": round(look.seconds, 1),
        "again": bool(look.begun),
    }


def tell_outlook(look: "Outlook") -> None:
    """The plan: what comes back, what is lost, and what people do meanwhile."""
    goes_on = "go on to make" if look.begun else "make"
    render.note(f"{goes_on} {look.stack} of {look.host} anew in {look.home}, from {look.store}")
    render.note(f"{_DONE} the scope of the failure, as the store shows it")
    for one in look.parts:
        render.note(plain(f"      {one.service}: {_state(one)}"))
        render.note(f"        lost is what was {_lost(one)}")
    for line in look.missing:
        render.note(plain(f"      {line}"))
    render.note(
        f"      {rough_size(look.need)} are needed, {rough_size(look.free)} are free; about "
        f"{look.seconds:.0f} s"
    )
    back = time.strftime("%H:%M", time.localtime(time.time() + look.seconds))
    oldest = min((one.since for one in look.parts), default=time.time())
    render.note(f"{_YOURS} call in whoever has to help")
    render.note(
        f"{_YOURS} tell whoever waits: back at about {back}, at the oldest as of {when(oldest)}"
    )
    render.note(f"{_YOURS} restore from backups")


def _state(one: "Returning") -> str:
    said = f"{rough_size(one.plain)}, {when(one.taken)}, {one.point}"
    if one.files:
        said += f", then {one.files} files of WAL ({rough_size(one.size)}) to {_to(one)}"
    if one.source == "system":
        said += ": the stack file and the secrets"
    elif one.roots:
        said += f": {', '.join(one.roots)}"
    return said


def _to(one: "Returning") -> str:
    return f"their end, {when(one.since)}" if one.until == "latest" else one.until


def _lost(one: "Returning") -> str:
    later = f" (later WAL is of no use: {one.gap} is damaged or missing)" if one.gap else ""
    if one.files and one.until == "latest":
        return f"committed after {when(one.since)}, {render.ago(one.since)}{later}"
    if one.files:
        return f"written after {one.until}{later}"
    return f"written after {when(one.since)}, {render.ago(one.since)}"


def tell_report(report: Mapping[str, Any]) -> None:
    """What was reached, what was not, and what is for people to do now."""
    left = report["left"]
    render.note(f"{_YOURS if left else _DONE} restore from backups")
    for line in left:
        render.note(plain(f"      {line}"))
    lines = [line for step in report["steps"] if step["step"] == "verify" for line in step["lines"]]
    render.note(f"{_DONE} verify that it works: {', '.join(lines)}")
    met = {True: "met", False: "missed"}
    render.out(
        f"{report['stack']} is back after {report['rto_seconds']:.1f} s, in {report['home']}"
    )
    rto = report["rto_objective"]
    render.out(
        f"  RTO {report['rto_seconds']:.1f} s, {met[report['rto_met']]}: {rto:.0f} s may pass"
    )
    for one in report["parts"]:
        render.out(
            f"  RPO of {one['service']} at most {one['rpo_seconds']:.0f} s, "
            f"{met[one['rpo_met']]}: {one['rpo_objective']:.0f} s may be lost; back is what was "
            f"written until {when(one['data_until'])}"
        )
    render.note(f"{_YOURS} monitor it: `vrooli-autoheal status`, and the page of the console")
    for name, why in report["paused"].items():
        render.note(f"{_YOURS} nothing goes to {name}: {why}")
        render.note(f"      when that one is gone: `vrooli backup store adopt {name}`")
    for line in report["next"]:
        render.note(f"{_YOURS} {render.as_called(line)}")
    render.note(f"{_YOURS} write down what happened; {report['home']}/recovered.json has all this")

"""Going back: what can be chosen, what is asked for, and what the plan says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.backups_told import STATES, Backups, listed
from vrooli.console.parts.forms import Fields
from vrooli.console.parts.schema_form import NotFilled
from vrooli.console.parts.standing import Level
from vrooli.core.amounts import length
from vrooli.core.sizes import rough_size

OFFERED = 100
"""Points that can be chosen, the newest; an address names any other."""

LATEST, MOMENT = "latest", "moment"
"""Choices beside the points."""

SERVICE = "service-"
"""Before the name of a service, in the name of its box."""


@dataclass(frozen=True, slots=True)
class Part:
    """What would be done to one service.

    Attributes:
        lost_since: Unix seconds; what was written after that may not be in it.
        facts: size, where from, how long, in a line.
        refused: why it cannot be done now, and what to do; empty when it can.
        by_hand: the command, where that is the only way.
        order: the options of the operation; empty where it cannot be asked for.
        differs: of files, how what is there now differs from what the point has.
        shown: the first of that, a line each.
    """

    service: str
    point: str
    taken: float
    state: str
    level: Level
    lost_since: float
    follows: str
    facts: str
    steps: tuple[str, ...]
    stops: tuple[str, ...]
    refused: tuple[str, ...]
    by_hand: str
    order: Mapping[str, Any]
    differs: str = ""
    shown: tuple[str, ...] = ()

    @property
    def of_files(self) -> bool:
        """Whether these are files, which no operation on a service puts back."""
        return bool(self.differs)


def choices(said: Backups, chosen: str) -> list[tuple[str, str]]:
    """What can be gone back to, by its value."""
    with_wal = ", and all WAL since" if said.wal else ""
    found = [(LATEST, f"the newest good point of each{with_wal}")]
    if said.wal:
        found.append((MOMENT, "the moment that is chosen beside"))
    points = [(point.id, point.named) for point in said.points[:OFFERED]]
    if chosen and all(id != chosen for id, _ in points):
        points.insert(0, (chosen, chosen))
    return found + points


def services_of(said: Backups, chosen: str) -> list[tuple[str, bool]]:
    """What can be put back, and whether it is chosen at first: of the point that the address names
    all of it, else what is a database.
    """
    point = next((one for one in said.points if one.id == chosen), None)
    names = [(one.name, one.source) for one in said.covered if one.source != "system"]
    if point is not None:
        return [(name, name in point.services) for name, _ in names if name in point.services]
    first = next((name for name, source in names if source.startswith("postgres")), "")
    return [(name, name == (first or names[0][0])) for name, _ in names]


def asked_of(filled: Fields) -> dict[str, Any]:
    """The query of `GET /backups/plan`.

    Raises:
        NotFilled: something is missing.
    """
    to, moment = filled.get("to", ""), filled.get("moment", "").strip()
    names = [key.removeprefix(SERVICE) for key in filled if key.startswith(SERVICE)]
    mistakes = dict[str, str]()
    if not names:
        mistakes["services"] = "choose at least one"
    if to == MOMENT and not moment:
        mistakes["moment"] = "choose a moment: on the line above, or type it"
    if mistakes:
        raise NotFilled(mistakes)
    return {
        "point": to if to not in (LATEST, MOMENT) else None,
        "to": moment if to == MOMENT else None,
        "services": ",".join(names),
    }


def field_of(where: str) -> str:
    """Which field of the form an error of the watchdog is about; empty for none."""
    named = {"services": "services", "to": "moment", "point": "to"}
    return named.get(where, "")


def parts_of(plan: Mapping[str, Any]) -> list[Part]:
    """What the watchdog says of each."""
    return [_part(row) for row in plan["parts"]]


def _part(row: Mapping[str, Any]) -> Part:
    state, level = STATES.get(str(row["outcome"]), (str(row["outcome"]), "unknown"))
    order, files = row["order"] or {}, row["files"]
    facts = [f"{rough_size(float(row['plain']))} from {row['where']}"]
    if row["seconds"]:
        facts.append(f"about {length(float(row['seconds']))}")
    problem = row["refused"]
    return Part(
        service=str(row["service"]),
        point=str(row["point"]),
        taken=float(row["taken"]),
        state=state,
        level=level,
        lost_since=float(row["since"]),
        follows=str(order.get("until") or ""),
        facts="; ".join(facts),
        steps=tuple(map(str, row["steps"])),
        stops=tuple(map(str, row["stops"])),
        refused=(str(problem["message"]), str(problem["next_step"])) if problem else (),
        by_hand="" if order or files else f"vrooli restore {row['point']} --only {row['service']}",
        order=order,
        differs=differs(files) if files else "",
        shown=tuple(map(str, files["shown"])) if files else (),
    )


def differs(files: Mapping[str, Any]) -> str:
    """What is otherwise now than in the point, in a sentence."""
    count = {word: int(number) for word, number in files["differs"].items()}
    words = {
        "changed": "changed since",
        "new": "came since",
        "missing": "missing now",
        "unread": "could not be read then",
    }
    told = listed([f"{count[word]} {said}" for word, said in words.items() if count[word]])
    if not files["whole"]:
        some = f"At least {told}; not all were compared" if told else "Too much to be compared here"
        return f"{some}: `vrooli restore --dry-run` does it."
    return f"Files and folders: {told}." if told else "All files are as they were then."


def doable(parts: Sequence[Part]) -> list[Part]:
    """Those that can be asked for; none when one of them is refused."""
    return (
        []
        if any(one.refused for one in parts)
        else [one for one in parts if one.order or one.of_files]
    )


def names_of(parts: Sequence[Part]) -> str:
    """`a, b and c`."""
    return listed([one.service for one in parts])


def orders_of(parts: Sequence[Part], typed: str) -> list[tuple[Part, str]]:
    """What is asked for, part by part, with the `confirm` of each. The watchdog decides about that:
    it gets what was typed of each, and nothing is filled in for the person.

    Raises:
        NotFilled: of several, not all were typed.
    """
    words = typed.replace(",", " ").split()
    missing = [one.service for one in parts if one.service not in words]
    if missing and len(parts) > 1:
        raise NotFilled({"confirm": f"{listed(missing)} must be typed as well"})
    return [(one, one.service if not missing else typed) for one in parts]


def reached(part: Part, begun: float, ended: float) -> str:
    """How long it took, and what is not in it: times in Unix seconds."""
    lost = max(0.0, begun - part.lost_since)
    return f"{part.service}: RTO {length(ended - begun)}, RPO at most {length(lost)}"

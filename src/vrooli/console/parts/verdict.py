"""One verdict in words: what is wrong, what is done about it, what a person has to do. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from vrooli.console.parts.standing import (
    Level,
    Standing,
    first_line,
    is_watchdog,
    listed,
    standings,
)
from vrooli.core.amounts import length

SAID = 2
"""Problems of the machine in the headline; the others are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of it: `before`, a time if there is one, `after`.

    Attributes:
        at: unix seconds; 0 for a sentence without a time.
        good: whether it is good news among bad ones.
    """

    before: str
    at: float = 0.0
    after: str = ""
    good: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody reads first.

    Attributes:
        level: how bad it is.
        headline: what is so.
        lines: what is done about it, and what a person has to do.
    """

    level: Level
    headline: str
    lines: tuple[Line, ...] = ()

    @property
    def spoken(self) -> str:
        """For the ear: the headline, and what has no time in it."""
        return " ".join([self.headline, *(one.before for one in self.lines if not one.at)])


def verdict(
    status: Mapping[str, Any],
    heals: Sequence[Mapping[str, Any]] = (),
    incidents: Sequence[Mapping[str, Any]] = (),
    trouble: str = "",
    at: float = 0.0,
    titles: Mapping[str, str] | None = None,
) -> Verdict:
    """Of what the watchdog said last.

    Args:
        status: of `GET /status`; empty before its first answer.
        heals: of `GET /heals`, the newest first.
        incidents: of `GET /notify`.
        trouble: why the watchdog does not answer now; empty while it does.
        at: unix seconds of its last answer.
        titles: of the checks of the machine, by their id.
    """
    if not status:
        if trouble:
            return Verdict("unknown", "Nobody knows how the services are: the watchdog is away.")
        return Verdict("unknown", "Asking the watchdog …")
    said = _said(status, heals, incidents, titles or {})
    if not trouble:
        return said
    lines = (Line("The watchdog said so ", at, ", and does not answer now."),)
    return Verdict("unknown", f"Not known now. Last known: {said.headline}", (*lines, *said.lines))


def _said(
    status: Mapping[str, Any],
    heals: Sequence[Mapping[str, Any]],
    incidents: Sequence[Mapping[str, Any]],
    titles: Mapping[str, str],
) -> Verdict:
    found = standings(status)
    if is_empty(status):
        return Verdict("unknown", "Nothing runs here yet.")
    problems = list(status.get("problems", ()))
    wrong = [one for one in found if one.is_problem]
    shown = {*(one.name for one in wrong), *(str(one["check"]) for one in problems)}
    wanted = _wanted(incidents, shown)
    if not shown:
        fine = _fine(found, heals, _stopped(status))
        return Verdict(fine.level, fine.headline, (*wanted, *fine.lines))
    level: Level = "critical" if status.get("status") == "critical" else "warning"
    lines = (*_going(wrong, heals), *(wanted or (_nobody_needed(),)))
    return Verdict(level, _headline(wrong, problems, titles), (*lines, *_well_again(wrong, heals)))


def is_empty(status: Mapping[str, Any]) -> bool:
    """Whether nothing but the watchdog is there."""
    return all(is_watchdog(one, status) for one in status.get("services", ()))


def _stopped(status: Mapping[str, Any]) -> tuple[Line, ...]:
    """What somebody stopped, and what only went with it."""
    rows = [one for one in status.get("services", ()) if one.get("state") == "stopped"]
    chosen = [str(one["name"]) for one in rows if not one.get("stopped_with")]
    along = [str(one["name"]) for one in rows if one.get("stopped_with")]
    lines = [Line(f"Stopped on purpose: {listed(chosen)}.")] if chosen else []
    if along:
        roots = dict.fromkeys(str(root) for one in rows for root in one.get("stopped_with") or ())
        what = f"Stopped only along with {listed([*roots])}: {listed(along)}."
        lines.append(Line(f"{what} A start of that starts {'it' if len(along) == 1 else 'them'}."))
    return tuple(lines)


def _fine(
    found: Sequence[Standing],
    heals: Sequence[Mapping[str, Any]],
    stopped: tuple[Line, ...],
) -> Verdict:
    counted = [one for one in found if one.level != "off"]
    unknown = [one.name for one in counted if one.level == "unknown"]
    lines = (*_last(heals), *stopped)
    if not counted:
        return Verdict("unknown", "Everything is stopped.", lines)
    if unknown:
        return Verdict("unknown", f"Nobody knows yet how {listed(unknown)} is.", lines)
    return Verdict("ok", _all_fine(counted, len(found) - len(counted)), lines)


def _all_fine(counted: Sequence[Standing], off: int) -> str:
    """What stands still is not among `all`."""
    if off:
        are = "are" if off > 1 else "is"
        return f"{len(counted)} of {len(counted) + off} services healthy; {off} {are} stopped."
    if len(counted) > 1:
        return f"All {len(counted)} services healthy."
    return f"{counted[0].name} is healthy."


def _last(heals: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    ended = [one for one in heals if one.get("outcome") and one.get("symptom") != "asked"]
    if not ended:
        return (Line("Nothing has been healed yet."),)
    heal = ended[0]
    what = f": {heal['subject']}, {first_line(str(heal['cause']))}, {came_of_it(heal)}."
    return (Line("Last heal ", float(heal["detected_at"]), what),)


def _well_again(wrong: Sequence[Standing], heals: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """What else failed lately and was healed: nobody has to look for it below."""
    bad = {one.name for one in wrong}
    good = (one for one in heals if one.get("outcome") == "healed" and one["subject"] not in bad)
    return tuple(_healed(heal) for heal in islice(good, 1))


def _healed(heal: Mapping[str, Any]) -> Line:
    what = f"{heal['subject']} ({first_line(str(heal['cause']))}, {came_of_it(heal)})"
    return Line(f"Well again: {what}, healed ", float(heal["detected_at"]), ".", good=True)


def came_of_it(heal: Mapping[str, Any]) -> str:
    """The end of a heal, in a few words."""
    outcome, after = str(heal.get("outcome") or ""), heal.get("verified_after")
    if outcome == "healed" and after is not None:
        return f"back in {length(float(after))}"
    if outcome == "refused" and heal.get("rule") == "by-hand":
        return "that was refused"
    return {
        "": "going on",
        "healed": "healed",
        "done": "done",
        "ineffective": "it did not help",
        "relapsed": "failed again soon after",
        "refused": "a rule forbade to touch it",
        "unverifiable": "nobody could confirm that it helped",
    }.get(outcome, outcome)


def _headline(
    wrong: Sequence[Standing], problems: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> str:
    roots = [one for one in wrong if not one.waits]
    down = [one.name for one in roots if one.level == "critical"]
    uneasy = [one for one in roots if one.level == "warning"]
    waiting = [one.name for one in wrong if one.waits]
    said = []
    if down:
        said.append(f"{listed(down)} {_are(down)} down.")
    if waiting:
        what = "it" if len(down) == 1 else "them" if down else "what they need"
        said.append(f"{listed(waiting)} {'waits' if len(waiting) == 1 else 'wait'} for {what}.")
    for word in dict.fromkeys(one.word for one in uneasy):
        said.append(f"{listed([one.name for one in uneasy if one.word == word])}: {word}.")
    for problem in problems[:SAID]:
        check = str(problem["check"])
        name, why = titles.get(check, check), first_line(str(problem["message"]))
        said.append(f"{name} fails ({why})." if name == check else f"{name}: {why}.")
    if len(problems) > SAID:
        said.append(f"{len(problems) - SAID} more below.")
    return " ".join(said)


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _going(wrong: Sequence[Standing], heals: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """What is being healed now; what was done about the others stands with them."""
    lines = []
    for one in [one for one in wrong if not one.waits][:3]:
        heal = next((heal for heal in heals if heal["subject"] == one.name), None)
        if heal is not None and not heal.get("outcome"):
            tried = heal.get("attempts") or ()
            action = str(tried[-1]["action"]) if tried else "preparing"
            what = f"{one.name}: {first_line(str(heal['cause']))}. Healing since "
            lines.append(Line(what, float(heal["detected_at"]), f" ({action})."))
    return tuple(lines)


def _wanted(incidents: Sequence[Mapping[str, Any]], shown: Collection[str]) -> tuple[Line, ...]:
    """Who has to do something. What is shown as wrong says below what; the rest says it here."""
    mine = [one for one in incidents if one.get("closed_at") is None]
    free = [str(one["subject"]) for one in mine if not one.get("acknowledged")]
    lines = []
    if needed := [name for name in free if name in shown]:
        lines.append(Line(f"A person is needed for {listed(needed)}."))
    for one in [one for one in mine if one["subject"] in free and one["subject"] not in shown][:3]:
        said = plain(str(one["title"]))
        lines.append(Line(f"A person is needed: {said}, since ", float(one["opened_at"]), "."))
    for one in [one for one in mine if one.get("acknowledged")][:3]:
        lines.append(Line(f"{one['acknowledged']['by']} is at {one['subject']}."))
    return tuple(lines)


def plain(title: str) -> str:
    """What a page said, without the stack and the host before it: whoever looks here knows them."""
    line = first_line(title)
    return line.partition("] ")[2] if line.startswith("[") and "] " in line else line


def _nobody_needed() -> Line:
    return Line("Nobody is needed yet.")

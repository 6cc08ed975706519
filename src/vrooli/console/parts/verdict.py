"""One verdict in words: what is wrong, what is done about it, what a person has to do. Pure."""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of it: `before`, a time if there is one, `after`.

    Attributes:
        at: unix seconds; 0 for a sentence without a time.
        subject: the service or check that it is about, for a link.
    """

    before: str
    at: float = 0.0
    after: str = ""
    subject: str = ""


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
    if not wrong and not problems:
        return _fine(found, heals, _stopped(status))
    level: Level = "critical" if status.get("status") == "critical" else "warning"
    lines = (*_done(wrong, heals), *_wanted(incidents, wrong)) or (_nobody_needed(),)
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
    all_of = f"All {len(counted)} services" if len(counted) > 1 else counted[0].name
    are = "healthy." if len(counted) > 1 else "is healthy."
    return Verdict("ok", f"{all_of} {are}", lines)


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
    what = f": {heal['subject']}, {first_line(str(heal['cause']))}, {came_of_it(heal)}."
    return Line("Healed ", float(heal["detected_at"]), what)


def came_of_it(heal: Mapping[str, Any]) -> str:
    """The end of a heal, in a few words."""
    outcome, after = str(heal.get("outcome") or ""), heal.get("verified_after")
    if outcome == "healed" and after is not None:
        return f"back in {seconds(float(after))}"
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


def seconds(value: float) -> str:
    """A duration with its unit."""
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    if value < 10:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.0f} h"


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
    if problems:
        first = problems[0]
        check = str(first["check"])
        said.append(f"{titles.get(check, check)}: {first_line(str(first['message']))}.")
        if len(problems) > 1:
            said.append(f"{len(problems) - 1} more below.")
    return " ".join(said)


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _done(wrong: Sequence[Standing], heals: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """What is being done, or was in vain, about those that fail themselves."""
    lines = []
    for one in [one for one in wrong if not one.waits][:3]:
        heal = next((heal for heal in heals if heal["subject"] == one.name), None)
        lines.append(_about(one, heal))
    return tuple(lines)


def _about(one: Standing, heal: Mapping[str, Any] | None) -> Line:
    if heal is not None and not heal.get("outcome"):
        tried = heal.get("attempts") or ()
        action = one.action or (str(tried[-1]["action"]) if tried else "preparing")
        what = f"{one.name}: {first_line(str(heal['cause']))}. Healing since "
        return Line(what, float(heal["detected_at"]), f" ({action}).", one.name)
    if one.doing:
        why = f"{one.message}; " if one.message else ""
        return Line(f"{one.name}: {why}{one.doing}.", subject=one.name)
    if heal is not None and heal["outcome"] != "healed":
        tail = f" a heal was tried: {came_of_it(heal)}. {one.message}."
        return Line(f"{one.name}: ", float(heal["detected_at"]), tail, one.name)
    return Line(f"{one.name}: {one.message or one.word}.", subject=one.name)


def _wanted(incidents: Sequence[Mapping[str, Any]], wrong: Sequence[Standing]) -> tuple[Line, ...]:
    """What a person has to do."""
    lines = []
    for one in [one for one in incidents if one.get("closed_at") is None][:3]:
        subject, by = str(one["subject"]), one.get("acknowledged")
        said = f"{by['by']} is at it" if by else "A person is needed"
        title = first_line(str(one["title"]))
        lines.append(Line(f"{said}: {title}, since ", float(one["opened_at"]), ".", subject))
    return tuple(lines)


def _nobody_needed() -> Line:
    return Line("Nobody is needed yet.")

"""What is wrong now, of services and of the machine: what, since when, what was done about it and
what a person should do now. Pure, and how that is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from vrooli.console.feed import Health
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.standing import LEVELS, Level, Standing, first_line, listed, standing
from vrooli.console.parts.verdict import Line, came_of_it

_NEXT = "; next look in "
"""Before how soon the watchdog looks again: it counts down, and is no news."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One of them.

    Attributes:
        name: of the service or check; `to` is its page.
        level, word: how bad it is.
        what: what is wrong.
        last_words: what it wrote last before it ended; empty when nothing is known.
        since: unix seconds; 0 when it is not known.
        done: what was done about it, and what came of it.
        wanted: what a person should do now.
        needs_person: whether that is anything.
    """

    name: str
    to: str
    level: Level
    word: str
    what: str
    last_words: str
    since: float
    done: Line
    wanted: Line
    needs_person: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known about one subject: its heals, the newest first, and what pages for it."""

    heals: Sequence[Mapping[str, Any]]
    incident: Mapping[str, Any] | None

    @classmethod
    def of(cls, health: Health, name: str) -> "_Known":
        mine = [one for one in health.incidents if one["subject"] == name]
        is_open = (one for one in mine if one.get("closed_at") is None)
        heals = [one for one in health.heals if one["subject"] == name]
        return cls(heals, next(is_open, None))

    @property
    def vain(self) -> list[Mapping[str, Any]]:
        """The latest of them, none of which helped."""
        ended = [one for one in self.heals if one.get("outcome")]
        return list(takewhile(lambda one: one["outcome"] != "healed", ended))

    @property
    def cause(self) -> str:
        """By what it failed last, as long as that is not healed."""
        latest = self.heals[0] if self.heals else {"outcome": "healed"}
        return "" if latest.get("outcome") == "healed" else str(latest["cause"])

    def since(self, began: float) -> float:
        """The earliest that is told; `began` is what the history knows."""
        told = [began, *(float(one["detected_at"]) for one in self.vain)]
        if self.incident is not None:
            told.append(float(self.incident["opened_at"]))
        if self.heals and not self.heals[0].get("outcome"):
            told.append(float(self.heals[0]["detected_at"]))
        return min((at for at in told if at), default=0.0)


def titles_of(checks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What each check is called, by its id: what the stack file declares has a name of its own."""
    return {
        str(one["id"]): str(one["title"] if one.get("kind", one["id"]) == one["id"] else one["id"])
        for one in checks
    }


def problems(
    health: Health, titles: Mapping[str, str], began: Mapping[str, float] | None = None
) -> list[Problem]:
    """The worst first; what only waits for another stands behind what fails itself.

    Args:
        health: what the watchdog said last.
        titles: of the checks of the machine, by their id.
        began: unix seconds since when something is wrong, by the id of its check.
    """
    found = [(standing(row), row) for row in health.status.get("services", ())]
    wrong = [(one, row) for one, row in found if one.is_problem]
    wrong.sort(key=lambda both: (LEVELS.index(both[0].level), both[0].waits))
    told = [_service(one, row, health, began or {}) for one, row in wrong]
    told += [_check(row, health, titles, began or {}) for row in health.status.get("problems", ())]
    return sorted(told, key=lambda one: LEVELS.index(one.level))


def _service(
    one: Standing, row: Mapping[str, Any], health: Health, began: Mapping[str, float]
) -> Problem:
    known = _Known.of(health, one.name)
    what, rest = _apart(one.message, known)
    since = known.since(began.get(f"{row.get('kind')}-{one.name}", 0.0))
    needed, wanted = _wanted(known, "read its log and mend the cause")
    return Problem(
        one.name,
        f"/services/{one.name}",
        one.level,
        one.word,
        what,
        _last_words(str(row.get("message") or "") or known.cause),
        since,
        _waiting(row) if one.waits else _done(known, one.doing, rest),
        wanted,
        needed,
    )


def _check(
    row: Mapping[str, Any], health: Health, titles: Mapping[str, str], began: Mapping[str, float]
) -> Problem:
    name, level = str(row["check"]), row["status"]
    known = _Known.of(health, name)
    needed, wanted = _wanted(known, "look into it; it closes by itself once the check passes")
    return Problem(
        titles.get(name, name),
        f"/checks/{name}",
        level,
        level,
        first_line(str(row["message"])),
        "",
        known.since(began.get(name, 0.0)),
        _done(known, "", ""),
        wanted,
        needed,
    )


def _apart(message: str, known: _Known) -> tuple[str, str]:
    """What is wrong, and why nothing more is done about it now."""
    line, cause = message.partition(_NEXT)[0], first_line(known.cause)
    if not line:  # it is starting, and what it failed by is still what is wrong
        return cause, ""
    if cause and line.startswith(cause):
        return cause, line.removeprefix(cause).removeprefix("; ")
    return line, ""


def _last_words(message: str) -> str:
    """The last line of the log that stands below what is wrong."""
    lines = [line.strip().removeprefix("|").strip() for line in message.strip().splitlines()[1:]]
    return first_line(next((line for line in reversed(lines) if line), ""))


def _waiting(row: Mapping[str, Any]) -> Line:
    names = listed([str(one) for one in row.get("waits_for") or ()]) or "what it needs"
    return Line(f"Nothing: it is left alone until {names} is back.")


def _done(known: _Known, doing: str, rest: str) -> Line:
    """What was tried and what came of it, and what holds the next try back."""
    vain = known.vain
    again = f" {_held_off(rest)}" if rest else ""
    if not vain:
        return Line(f"{_sentence(doing)}{again}" if doing or rest else "Nothing was tried.")
    tried = [str(one["action"]) for heal in vain for one in heal.get("attempts") or ()]
    actions = listed(list(dict.fromkeys(tried))) or "no action"
    times = f", {len(vain)} times" if len(vain) > 1 else ""
    now = f" {_sentence(doing)}" if doing else ""
    end = f": {came_of_it(vain[0])}.{now}{again}"
    return Line(f"Tried {actions}{times}, the last ", float(vain[0]["detected_at"]), end)


def _held_off(rest: str) -> str:
    """Why nothing more is tried now, by the rule of the watchdog."""
    rule, _, why = rest.partition(": ")
    if rule == "backoff" and why:
        return f"The next try waits: it {why}."
    return f"Not tried again now: {rest}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _wanted(known: _Known, what: str) -> tuple[bool, Line]:
    """Whether a person is needed, and what for."""
    if known.incident is None:
        return False, Line("Nobody is needed yet.")
    if by := known.incident.get("acknowledged"):
        return False, Line(f"{by['by']} is at it.")
    return True, Line(f"A person is needed: {what}.")


def show_problems(found: list[Problem], stale: bool = False) -> None:
    """As a list; nothing where nothing is wrong. `stale`: nobody knows whether it is still so."""
    if not found:
        return
    title = "Wrong when it was last known" if stale else "Wrong now"
    Tag("h2", title if len(found) == 1 else f"{title}: {len(found)}")
    with Tag("ul", "", "problems"):
        for one in found:
            with Tag("li", "", "card stale" if stale else f"card {one.level}"):
                _problem(one, "unknown" if stale else one.level)


def _problem(one: Problem, look: Level) -> None:
    with Tag("div", "", "head"):
        link(one.name, one.to)
        Tag("span", one.word, f"state {look}")
    with Tag("dl", "", "facts"):
        with _fact("What"):
            Tag("span", one.what or one.word)
            if one.last_words:
                Tag("span", ". It wrote last: ")
                Tag("code", one.last_words)
        if one.since:
            with _fact("Since"):
                moment(one.since, since=True)
        with _fact("Done"):
            show_line(one.done)
        with _fact("To do"):
            with Tag("span", "", "needed" if one.needs_person else ""):
                show_line(one.wanted)
            if one.needs_person:
                Tag("span", " ")
                link("Look, and act", one.to)


def _fact(name: str) -> Tag:
    Tag("dt", name)
    return Tag("dd")


def show_line(line: Line) -> None:
    """A sentence, with its time."""
    Tag("span", line.before)
    if line.at:
        moment(line.at, since=True)
    Tag("span", line.after)

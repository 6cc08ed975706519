"""What strangers may know: names, whether they serve, since when not, and how it was for 90 days.
No messages of probes, no ports, no host, no machine. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.console.feed import Health
from vrooli.console.parts.standing import LEVELS, Level, Standing, is_watchdog, listed, standing
from vrooli.console.past import NONE, Bars, ByName

WORDS: Mapping[Level, str] = {
    "ok": "works",
    "warning": "works less well",
    "critical": "down",
    "unknown": "not known",
    "off": "switched off",
}


@dataclass(frozen=True, slots=True)
class Public:
    """One service, as strangers see it."""

    name: str
    level: Level
    quarter: Bars = NONE

    @property
    def word(self) -> str:
        """Its state."""
        return WORDS[self.level]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now; `since` in unix seconds, 0 when it is not known."""

    name: str
    what: str
    since: float


@dataclass(frozen=True, slots=True)
class Told:
    """All of the status page.

    Attributes:
        level: the worst of it.
        headline: in a few words.
        services, troubles: one by one.
        at: unix seconds of what is told; 0 for nothing.
        counted: unix seconds of the percentages; 0 for none.
    """

    level: Level
    headline: str
    services: tuple[Public, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    at: float = 0.0
    counted: float = 0.0


def told(health: Health, quarter: ByName, counted: float = 0.0) -> Told:
    """Of what the watchdog said last."""
    status = health.status
    found = [
        standing(one, stale=bool(health.trouble))
        for one in status.get("services", ())
        if not is_watchdog(one, status)
    ]
    services = tuple(Public(one.name, level_of(one), quarter.get(one.name, NONE)) for one in found)
    if health.trouble or not status:
        return Told("unknown", "Not known at this moment.", services, at=health.at, counted=counted)
    wrong = [one for one in found if one.is_problem]
    off = [one for one in found if one.level == "off"]
    level = _worst(services)
    troubles = tuple(_trouble(one, health) for one in wrong)
    troubles += tuple(Trouble(one.name, f"{WORDS['off']}.", 0.0) for one in off)
    return Told(level, _headline(services), services, troubles, health.at, counted)


def level_of(one: Standing) -> Level:
    """Of one service; what was so once is not known now."""
    return "unknown" if one.stale else one.level


def _worst(services: Sequence[Public]) -> Level:
    """Of all: what is switched off does not work for whoever wants it."""
    levels = {one.level for one in services}
    return next((level for level in LEVELS if level in levels), "unknown")


def _headline(services: Sequence[Public]) -> str:
    down = [one.name for one in services if one.level == "critical"]
    if down:
        return f"{listed(down)} {'is' if len(down) == 1 else 'are'} down."
    worse = [one.name for one in services if one.level == "warning"]
    if worse:
        return f"{listed(worse)} {'works' if len(worse) == 1 else 'work'} less well than usual."
    off = [one.name for one in services if one.level == "off"]
    on = [one for one in services if one.level != "off"]
    if off and not on:
        return "Everything is switched off."
    if not on or all(one.level == "unknown" for one in on):
        return "Not known at this moment."
    if off:
        are = "is" if len(off) == 1 else "are"
        return f"{listed(off)} {are} switched off. Everything else works."
    return "Everything works."


def _trouble(one: Standing, health: Health) -> Trouble:
    incident = _of(one.name, health.incidents)
    heal = _of(one.name, health.heals)
    going = heal is not None and not heal.get("outcome")
    if incident is not None and incident.get("acknowledged"):
        what = "Somebody is at it."
    elif incident is not None:
        what = "People have been told."
    elif one.waits:
        what = "It will be back with what it needs."
    elif going:
        what = "It is being brought back."
    else:
        what = "It is being looked at."
    since = float(incident["opened_at"]) if incident is not None else 0.0
    if going and heal is not None:
        since = min(float(heal["detected_at"]), since or float(heal["detected_at"]))
    return Trouble(one.name, f"{WORDS[one.level]}. {what}", since)


def _of(name: str, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    mine = (one for one in rows if one["subject"] == name and one.get("closed_at") is None)
    return next(mine, None)

"""How each service stands, in words that need no glossary. Pure: from `GET /status`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vrooli.console.past import NONE, Bars, ByName

Level = Literal["ok", "warning", "critical", "unknown", "off"]

LEVELS: tuple[Level, ...] = ("critical", "warning", "unknown", "off", "ok")
"""The worst first."""

MOST_TEXT = 300
"""Characters of a message on a card; all of it stands on the page of the service."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One service.

    Attributes:
        name: its name.
        level: how bad it is.
        word: its state, for people.
        message: why, in one line.
        doing: what is being done about it; empty when nothing is.
        action: the recovery action that is being taken; empty when none is.
        waits: whether it only suffers from another one's failure.
        stale: nobody knows whether it is still so.
        day, month: its uptime.
    """

    name: str
    level: Level
    word: str
    message: str = ""
    doing: str = ""
    action: str = ""
    waits: bool = False
    stale: bool = False
    day: Bars = NONE
    month: Bars = NONE

    @property
    def is_problem(self) -> bool:
        """Whether it belongs to what is wrong."""
        return self.level in ("critical", "warning")


_WORDS: dict[str, tuple[Level, str]] = {
    "starting": ("warning", "starting"),
    "stopped": ("off", "stopped"),
    "failed": ("critical", "down"),
    "blocked": ("critical", "waits for what it needs"),
}
_HEALTHY: dict[str, tuple[Level, str]] = {
    "ok": ("ok", "healthy"),
    "warning": ("warning", "works, with a warning"),
    "critical": ("critical", "does not answer well"),
    "unknown": ("unknown", "nobody knows yet"),
}


def is_watchdog(service: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Whether it is the one who tells all this."""
    pid = service.get("pid")
    return bool(pid) and pid == status.get("watchdog", {}).get("pid")


def standing(
    service: Mapping[str, Any],
    *,
    stale: bool = False,
    day: ByName | None = None,
    month: ByName | None = None,
) -> Standing:
    """One row of `services`."""
    name, state = str(service["name"]), str(service["state"])
    level, word = _WORDS.get(state) or _HEALTHY.get(
        str(service.get("health") or "unknown"), _HEALTHY["unknown"]
    )
    held = str(service.get("held_back") or "")
    return Standing(
        name,
        level,
        word,
        first_line(str(service.get("message") or "")),
        _doing(service, state, held) if level in ("critical", "warning") else held,
        _action(service),
        state == "blocked",
        stale,
        (day or {}).get(name, NONE),
        (month or {}).get(name, NONE),
    )


def standings(status: Mapping[str, Any], **more: Any) -> list[Standing]:
    """All of them, each before what needs it."""
    return [standing(one, **more) for one in status.get("services", ())]


def wrong_ids(status: Mapping[str, Any]) -> set[str]:
    """The checks by which what is wrong is known: those of services, and of the machine."""
    wrong = {str(one["check"]) for one in status.get("problems", ())}
    for one in status.get("services", ()):
        if standing(one).is_problem:
            wrong.add(f"{one.get('kind')}-{one['name']}")
    return wrong


def first_line(text: str) -> str:
    """What a card has room for."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= MOST_TEXT else f"{line[: MOST_TEXT - 1]}…"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b and c`; of many the first few, and how many more."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def _action(service: Mapping[str, Any]) -> str:
    heal = service.get("last_heal")
    return str(heal.get("action") or "") if heal and heal.get("outcome") is None else ""


def _doing(service: Mapping[str, Any], state: str, held: str) -> str:
    heal = service.get("last_heal")
    if heal and heal.get("outcome") is None:
        action = heal.get("action")
        return f"healing now: {action}" if action else "healing now"
    if held:
        return f"not touched: {held}"
    # One bad look is no failure: it is confirmed first.
    unsure = state == "running" and service.get("health") == "critical"
    return "looked at again before it is healed" if unsure else ""

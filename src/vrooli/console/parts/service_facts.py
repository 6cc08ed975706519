"""How a service is, in words, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.history import since_when
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.live import Live
from vrooli.console.parts.past import Past

_STATES = {
    "running": "runs",
    "starting": "is starting",
    "stopped": "is stopped",
    "failed": "has failed",
    "blocked": "is blocked: something that it needs is not well",
    "external": "runs elsewhere, and is only watched",
}
_HEALTHS = {
    "ok": "and answers",
    "warning": "with a warning",
    "critical": "and does not answer as it should",
    "unknown": "",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one service.

    Attributes:
        level: ok, warning, critical, unknown or off.
        headline: in words.
        message: what the last look said.
        since: unix seconds since when it is so; None where nobody knows.
        facts: name and value of what else is known.
    """

    level: str
    headline: str
    message: str
    since: float | None
    facts: tuple[tuple[str, str], ...]


def facts_of(service: Mapping[str, Any], entries: Any) -> Facts:
    """What a row of `GET /status` says, and the timeline about since when. Pure."""
    state, health = str(service["state"]), str(service.get("health") or "unknown")
    level = {"failed": "critical", "blocked": "critical", "stopped": "off"}.get(state, health)
    if state == "starting" and level == "ok":
        level = "warning"
    words = f"{service['name']} {_STATES.get(state, state)}"
    if state in ("running", "external") and _HEALTHS.get(health):
        words += f", {_HEALTHS[health]}" if health != "ok" else f" {_HEALTHS[health]}"
    since = service.get("failing_since") or since_when(entries, str(service["name"]), state)
    if state == "running":  # a restart that somebody asked for is no change of state
        since = max(since or 0.0, float(service.get("started_at") or 0.0)) or None
    rows = (
        ("Kind", f"{service['kind']}, run as {service['runtime']}"),
        ("Process", f"pid {service['pid']}" if service.get("pid") else ""),
        ("Address", str(service.get("url") or "")),
        ("Restarts", f"{service.get('restarts_24h', 0)} in 24 h"),
        ("Stopped by", str(service.get("stopped_by") or "")),
        ("Held back", str(service.get("held_back") or "")),
        ("Settings", "changed since it was started: restart it" if service["outdated"] else ""),
    )
    known = tuple(row for row in rows if row[1])
    return Facts(level, words, str(service.get("message") or ""), since, known)


def aged(facts: Facts, trouble: str) -> Facts:
    """The same while the watchdog does not answer: it is not known whether it is still so. Pure."""
    if not trouble:
        return facts
    return replace(facts, level="unknown", headline=f"Not known now. Last known: {facts.headline}")


def show_facts(view: View, past: Past, first: Mapping[str, Any]) -> None:
    """They follow what the watchdog says."""

    def see() -> Facts:
        rows = view.feed.health.services
        row = next((one for one in rows if one["name"] == first["name"]), first)
        return aged(facts_of(row, past.told.entries), view.feed.health.trouble)

    live = Live(see, _show)
    view.feed.changed.subscribe(live.look)
    past.follow(live)


def _show(facts: Facts) -> None:
    level = "unknown" if facts.level == "off" else facts.level
    with Tag("section", "", f"verdict {level}", aria_live="polite"):
        Tag("span", f"{facts.headline}. ")
        if facts.since:
            with Tag("small", ""):
                Tag("span", "since ")
                moment(facts.since)
                Tag("span", " (")
                moment(facts.since, since=True)
                Tag("span", ")")
        if facts.message:
            Tag("small", facts.message, "message")
    with Tag("dl", "", "facts"):
        for name, value in facts.facts:
            Tag("dt", name)
            Tag("dd", value)

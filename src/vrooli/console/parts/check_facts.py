"""How a check is, in words, since when, and why it matters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.addresses import address
from vrooli.console.parts.history import limits_in_words, since_when
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live
from vrooli.console.parts.numbers import measured
from vrooli.console.parts.past import Past, Told
from vrooli.core.amounts import length

_WORDS = {
    "ok": "is well",
    "warning": "warns",
    "critical": "is critical",
    "unknown": "is unknown",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one check.

    Attributes:
        level: ok, warning, critical or unknown.
        headline: in words.
        message: what the last look said.
        since: unix seconds since when it is so; None where nobody knows.
        at: unix seconds of the last look; None before the first.
    """

    level: str
    headline: str
    message: str
    since: float | None
    at: float | None


def seen_of(check: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> Seen:
    """What a row of `GET /checks` says, and the timeline about since when. Pure."""
    result = check.get("result") or {}
    status = str(result.get("status") or "unknown")
    words = f"{check['id']} {_WORDS.get(status, status)}"
    if result and not result.get("applicable", True):
        status, words = "unknown", f"{check['id']} has no meaning on this machine"
    value = result.get("value")
    if value is not None:
        words += f": {measured(float(value), str(check.get('unit') or ''))}"
    since = since_when(entries, str(check["id"]), status)
    message = str(result.get("message") or "not looked at yet")
    return Seen(status, words, message, since, check.get("looked_at"))


def newer(check: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """The check with the newest look of its past, where that is a single look. Pure."""
    points = told.history.points
    looked = float(check.get("looked_at") or 0.0)
    if told.history.step != "raw" or not points or points[-1].at <= looked + 0.1:
        return dict(check)
    last = points[-1]
    result = {**(check.get("result") or {}), "status": last.status, "value": last.value}
    return {**check, "looked_at": last.at, "result": {**result, "message": last.message}}


def aged(seen: Seen, trouble: str) -> Seen:
    """The same while the watchdog does not answer: it is not known whether it is still so. Pure."""
    if not trouble:
        return seen
    return replace(seen, level="unknown", headline=f"Not known now. Last known: {seen.headline}")


def settings_of(check: Mapping[str, Any], service: str) -> str:
    """Where it is changed, and where every key is explained. Pure."""
    if service:
        own = check["kind"] == "autoheal"
        table = "[autoheal]" if own else f"[{check['category']}s.NAME]"
        keys = "all of it is about this one" if own else "health says what is asked, and how often"
    else:
        limits = "warning, critical, " if check["thresholds"] else ""
        table, keys = f"[checks.{check['id']}]", f"interval, {limits}enabled = false"
    return f"{table} of vrooli.toml: {keys}. Every key is in {check['page']} of the documentation."


def show_check(view: View, past: Past, check: Mapping[str, Any], service: str) -> None:
    """It follows what is read of its past."""

    def see() -> Seen:
        found = seen_of(newer(check, past.told), past.told.entries)
        return aged(found, view.feed.health.trouble)

    live = Live(see, _show)
    past.follow(live)
    view.feed.changed.subscribe(live.look)
    with Tag("dl", "", "facts"):
        Tag("dt", "Why it matters")
        Tag("dd", str(check["why"]))
        if service:
            Tag("dt", "Service")
            with Tag("dd", ""):
                link(service, address("services", service))
        Tag("dt", "Looks")
        Tag("dd", f"every {length(float(check['interval']))}")
        limits = limits_in_words(check["thresholds"], str(check.get("unit") or ""))
        if limits:
            Tag("dt", "Limits")
            Tag("dd", limits)
        Tag("dt", "Settings")
        Tag("dd", settings_of(check, service))


def _show(seen: Seen) -> None:
    with Tag("section", "", f"verdict {seen.level}", aria_live="polite"):
        Tag("span", f"{seen.headline}. ")
        with Tag("small", ""):
            if seen.since:
                Tag("span", "since ")
                moment(seen.since)
            if seen.at:
                Tag("span", ", looked at " if seen.since else "looked at ")
                moment(seen.at, since=True)
        Tag("small", seen.message, "message")

"""A heal as a transaction: what was noticed, what was decided and why, what was done, whether it
helped, and how long each took. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.addresses import narrowed
from vrooli.core.amounts import length

IN_FLIGHT = "in flight"
"""The outcome of one that goes on."""

OUTCOMES = ("healed", "done", "ineffective", "relapsed", "refused", "unverifiable", IN_FLIGHT)

_MEANING = {
    "healed": "it helped, and it stayed so",
    "done": "nothing was wrong: a person asked for it",
    "ineffective": "it did not help",
    "relapsed": "it helped, but not for long",
    "refused": "a rule forbade it",
    "unverifiable": "done, but nobody could confirm that it helped",
    IN_FLIGHT: "it goes on now",
}


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of a heal.

    Attributes:
        name: detection, decision, action, verification, outcome.
        text: what happened in it.
        at: unix seconds of its beginning; None where that is not known.
        seconds: how long it took; None where that says nothing.
        failed: it did not come out well.
    """

    name: str
    text: str
    at: float | None = None
    seconds: float | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """One heal.

    Attributes:
        id, subject: which one, of what.
        at: unix seconds of its detection.
        outcome: one of `OUTCOMES`.
        line: all of it, in one sentence.
        phases: in order.
    """

    id: str
    subject: str
    at: float
    outcome: str
    line: str
    phases: tuple[Phase, ...]


def story(heal: Mapping[str, Any]) -> Story:
    """What a heal of `GET /heals` tells."""
    outcome = str(heal.get("outcome") or IN_FLIGHT)
    detected = float(heal["detected_at"])
    attempts: Sequence[Mapping[str, Any]] = heal.get("attempts") or ()
    phases = (
        Phase("detection", _detection(heal), detected),
        _decision(heal, detected, attempts),
        *_actions(heal, detected, attempts),
        *_verification(heal, detected, attempts),
        _ending(heal, outcome, detected),
    )
    return Story(str(heal["id"]), str(heal["subject"]), detected, outcome, _line(heal), phases)


def _detection(heal: Mapping[str, Any]) -> str:
    cause = str(heal.get("cause") or "").partition("\n")[0]
    symptom = str(heal.get("symptom", ""))
    if symptom == "asked" and cause:
        return cause
    return f"{symptom}: {cause}" if cause else symptom


def _decision(
    heal: Mapping[str, Any], detected: float, attempts: Sequence[Mapping[str, Any]]
) -> Phase:
    rule, reason = str(heal.get("rule", "")), str(heal.get("reason") or "").partition("\n")[0]
    first = _until(detected, float(attempts[0]["at"])) if attempts else None
    return Phase("decision", f"rule {rule}: {reason}" if reason else f"rule {rule}", None, first)


def _actions(
    heal: Mapping[str, Any], detected: float, attempts: Sequence[Mapping[str, Any]]
) -> list[Phase]:
    """Each lasts until the next one, or until the first look that passed."""
    begins = [float(one["at"]) for one in attempts]
    ends: list[float | None] = [*begins[1:], _first_passing(heal, detected)]
    return [
        Phase(
            "action",
            f"{one['action']}: {str(one.get('error') or 'done').partition(chr(10))[0]}",
            at,
            _until(at, end) if end is not None else None,
            bool(one.get("error")),
        )
        for one, at, end in zip(attempts, begins, ends, strict=False)
    ]


def _verification(
    heal: Mapping[str, Any], detected: float, attempts: Sequence[Mapping[str, Any]]
) -> list[Phase]:
    passed, finished = _first_passing(heal, detected), heal.get("finished_at")
    if passed is None:
        if not attempts or (heal.get("outcome") == "done" and attempts[-1].get("error")):
            return []
        if heal.get("outcome") in ("healed", "done"):
            return [Phase("verification", "the action ended with a look that passed")]
        waiting = heal.get("outcome") is None
        text = "no look has passed yet" if waiting else "no look passed"
        return [Phase("verification", text, failed=not waiting)]
    after = length(float(heal["verified_after"]))
    watched = _until(passed, float(finished)) if finished else None
    text = f"passes again {after} after it was noticed, then watched whether it stays so"
    return [Phase("verification", text, passed, watched)]


def _ending(heal: Mapping[str, Any], outcome: str, detected: float) -> Phase:
    finished = heal.get("finished_at")
    note = str(heal.get("note") or "").partition("\n")[0]
    text = f"{outcome}: {_MEANING.get(outcome, '')}".rstrip(": ")
    return Phase(
        "outcome",
        f"{text} ({note})" if note else text,
        float(finished) if finished else None,
        _until(detected, float(finished)) if finished else None,
        outcome not in ("healed", "done", IN_FLIGHT),
    )


def _line(heal: Mapping[str, Any]) -> str:
    cause = str(heal.get("cause") or heal.get("symptom") or "").partition("\n")[0]
    actions = ", ".join(str(one["action"]) for one in heal.get("attempts") or ())
    parts = [str(heal["subject"]), cause, actions or "nothing was done"]
    if heal.get("verified_after") is not None:
        parts.append(f"back in {length(float(heal['verified_after']))}")
    return ", ".join(part for part in parts if part)


def _first_passing(heal: Mapping[str, Any], detected: float) -> float | None:
    after = heal.get("verified_after")
    return None if after is None else detected + float(after)


def _until(begin: float, end: float) -> float:
    """Never below zero: clocks are set."""
    return max(0.0, end - begin)


SPANS = {"": "ever", "24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days"}
"""How far back one looks."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which heals are to be shown.

    Attributes:
        subject: a service, a group or a check; empty for all.
        outcome: one of `OUTCOMES`; empty for all.
        since: one of `SPANS`.
        before: as the watchdog named it, where the page begins; empty for the newest.
    """

    subject: str = ""
    outcome: str = ""
    since: str = ""
    before: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """What the address says; what it says wrong counts as not said."""
        outcome, since, before = (query.get(key, "") for key in ("outcome", "since", "before"))
        return cls(
            query.get("subject", "").strip()[:255],
            outcome if outcome in OUTCOMES else "",
            since if since in SPANS else "",
            before if re.fullmatch(r"[1-9][0-9]{0,17}", before) else "",
        )

    @property
    def is_filtered(self) -> bool:
        """Whether it is less than all."""
        return bool(self.subject or self.outcome or self.since)

    def question(self) -> dict[str, Any]:
        """The query of `GET /heals/ended`; what is not asked is None."""
        return {
            "subject": self.subject or None,
            "outcome": self.outcome or None,
            "since": self.since or None,
            "before": self.before or None,
            "limit": ON_A_PAGE,
        }

    def link(self, before: str) -> str:
        """The address of another page of the same."""
        said = {
            "subject": self.subject,
            "outcome": self.outcome,
            "since": self.since,
            "before": before,
        }
        return narrowed("/heals", said)

    def means(self, heal: Mapping[str, Any]) -> bool:
        """Whether a heal of this subject is shown that has just been told of: those that go on, and
        what they come to.
        """
        outcome = str(heal.get("outcome") or IN_FLIGHT)
        return self.outcome in ("", outcome)


ON_A_PAGE = 25
"""Heals of one page."""


def with_news(
    heals: Sequence[Mapping[str, Any]], news: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The heals, newest first, with what has just been told of one: in its place, or in front."""
    if any(one["id"] == news["id"] for one in heals):
        return [news if one["id"] == news["id"] else one for one in heals]
    return [news, *heals]

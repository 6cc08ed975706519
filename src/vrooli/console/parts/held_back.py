"""What a person holds back about a service or check: maintenance, quarantine, silences. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

LENGTHS = (
    ("600", "10 min"),
    ("3600", "1 h"),
    ("14400", "4 h"),
    ("86400", "1 d"),
    ("604800", "7 d"),
)
"""Seconds, and how they are called."""

_KNOWN = dict(LENGTHS)

MAINTENANCE, QUARANTINE, SILENCE = "maintenance", "quarantine", "silence"
Kind = Literal["maintenance", "quarantine", "silence"]


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that holds something back.

    Attributes:
        kind: which.
        id: by which it is ended.
        by, why: who did it, and the reason.
        until: unix seconds; None until it is ended.
        scope: what else it covers; empty when that is nothing.
        declared: in the stack file, under that name; empty when a person began it here.
    """

    kind: Kind
    id: str
    by: str
    why: str
    until: float | None
    scope: str = ""
    declared: str = ""


def held_back(
    subjects: Sequence[str],
    windows: Sequence[Mapping[str, Any]],
    quarantine: Sequence[Mapping[str, Any]],
    silences: Sequence[Mapping[str, Any]],
) -> list[Held]:
    """All that holds one of `subjects` back now."""
    found = [_window(one) for one in windows if _covers(one["subjects"], subjects)]
    found += [
        Held("quarantine", str(one["subject"]), str(one["by"]), str(one["why"]), None)
        for one in quarantine
        if one["subject"] in subjects
    ]
    found += [
        Held("silence", str(one["id"]), str(one["by"]), str(one["why"]), float(one["until"]), scope)
        for one in silences
        for scope in [_scope(str(one["subject"]), subjects)]
        if any(fnmatchcase(subject, str(one["subject"])) for subject in subjects)
    ]
    return found


def _covers(named: Sequence[str], subjects: Sequence[str]) -> bool:
    return not named or any(subject in named for subject in subjects)


def _window(one: Mapping[str, Any]) -> Held:
    named = one["subjects"]
    scope = "all services" if not named else ", ".join(named) if len(named) > 1 else ""
    return Held(
        "maintenance",
        str(one["id"]),
        str(one["by"]),
        str(one["why"]),
        float(one["until"]),
        scope,
        str(one.get("name") or ""),
    )


def _scope(pattern: str, subjects: Sequence[str]) -> str:
    return "" if pattern in subjects else pattern


def seconds_of(said: Mapping[str, str]) -> float:
    """The length that was chosen; the shortest for what is none of them."""
    chosen = said.get("seconds", "")
    return float(chosen if chosen in _KNOWN else LENGTHS[0][0])

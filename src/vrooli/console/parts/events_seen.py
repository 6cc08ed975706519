"""What happened in a run, in words. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.client.swarm_texts import event_said

LONGEST = 300
"""Characters of one line."""

_BY_RUN = re.compile(r"\bby ([0-9a-f]{16})\b")

_RUN = {
    "created": "the run was made",
    "pending": "the run is free to go on",
    "running": "the run goes on",
    "waiting": "the run waits for a decision or a signal",
    "pausing": "the run is to pause when what is under way has ended",
    "paused": "the run is paused",
    "completed": "the run is completed",
    "failed": "the run failed",
    "cancelled": "the run was cancelled",
    "budget": "the budget of the run was changed",
}
_WAITS = {
    "time": "the run waits for its time",
    "tasks": "the run waits for its tasks",
}
_STEP = {
    "begun": "began",
    "completed": "is completed",
    "failed": "failed",
    "cancelled": "was cancelled",
}
_WHY = {
    "signal": "a signal came",
    "decided": "somebody decided",
    "budget": "its budget was changed",
    "retried": "it is retried",
    "swarm": "there is news for the swarm",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """A line.

    Attributes:
        seq: its number in the tree of runs.
        at: unix seconds.
        words: what happened.
        run: in which run; empty for the one of the page.
        state: a word for its colour.
    """

    seq: int
    at: float
    words: str
    run: str
    state: str


def happened(event: Mapping[str, Any], own: str) -> Happened:
    """An event as a line on the page of the run `own`."""
    what, _, word = str(event["kind"]).partition(".")
    said = {"run": _of_run, "step": _of_step, "note": _of_step}.get(what, _of_other)(event, word)
    if event.get("by") and what != "swarm":
        said += f", by {event['by']}"
    extra = event.get("why") if what in ("step", "note") else event.get("reason")
    if extra := extra or event.get("gist"):
        said += f": {extra}"
    run = str(event["run"])
    words = said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"
    return Happened(int(event["seq"]), float(event["at"]), words, "" if run == own else run, word)


def by_name(words: str, names: Mapping[str, str]) -> str:
    """The same, where a run that wrote something is called by what it does. Pure."""
    return _BY_RUN.sub(lambda one: f"by {names.get(one[1], one[1])}", words)


def _of_run(event: Mapping[str, Any], word: str) -> str:
    if word == "waiting" and (waits := _WAITS.get(str(event.get("for")))):
        return waits
    said = _RUN.get(word, f"the run: {word}")
    if word == "created" and event.get("forked_from"):
        return f"{said}, forked from {event['forked_from']} at {event.get('path')}"
    why = _WHY.get(str(event.get("why")), "") if word == "pending" else ""
    return f"{said}: {why}" if why else said


def _of_step(event: Mapping[str, Any], word: str) -> str:
    attempt = int(event.get("attempt", 1))
    again = f" (attempt {attempt})" if attempt > 1 else ""
    return f"{event.get('path', 'a step')}{again} {_STEP.get(word, word)}"


def _of_other(event: Mapping[str, Any], word: str) -> str:
    what = str(event["kind"]).partition(".")[0]
    where = f"{event['path']}: " if event.get("path") else ""
    if what == "approval":
        return where + _of_approval(event, word)
    if what == "signal":
        return f"the signal {event.get('name', '')} came"
    if what == "swarm":
        return event_said(event)
    if what == "effect":
        return f"{where}somebody decided what became of it: {event.get('decision', '')}"
    return f"{where}{what} {word}"


def _of_approval(event: Mapping[str, Any], word: str) -> str:
    if word == "asked":
        return "asks for an approval"
    if word == "delegated":
        return f"{event.get('to')} is asked for the approval"
    place = f" in the place of {event['for']}" if event.get("for") else ""
    return f"the approval is {word}{place}"

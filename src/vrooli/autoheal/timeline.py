"""Everything that happened, in words: transitions, heals and events of the history. Pure."""

from typing import Any

from vrooli.autoheal.planned import DONE, OPERATOR
from vrooli.autoheal.record import Entry

CASE = "case"
"""What a decision depended on, kept for a replay: too much for a line of a story."""


def happening(entry: Entry) -> dict[str, Any]:
    """One row: `{seq, at, kind, subject, status, words, data}`."""
    return {
        "seq": entry.seq,
        "at": entry.at,
        "kind": entry.kind,
        "subject": entry.subject,
        "status": entry.status or None,
        "words": words(entry),
        "data": {key: value for key, value in entry.data.items() if key != CASE},
    }


def words(entry: Entry) -> str:
    """What happened, in one line."""
    tell = {"transition": _transition, "heal": _heal}.get(entry.kind, _event)
    return tell(entry).partition("\n")[0]


def _transition(entry: Entry) -> str:
    data = entry.data
    why = f": {data['why']}" if data.get("why") else ""
    return f"{data.get('from', '?')} -> {data.get('to', entry.status)}{why}"


def _heal(entry: Entry) -> str:
    """A heal is written down at its beginning, after each action, when it is verified, and at its
    end.
    """
    data = entry.data
    attempts = data.get("attempts") or ()
    if data.get("outcome"):
        return _ended(data)
    if data.get("verified_after") is not None:
        return f"passes again after {data['verified_after']:.2f} s, watched for stability"
    if not attempts:
        return f"heal begins: {data.get('cause', '')}"
    last = attempts[-1]
    return f"{last['action']}: {last['error'] or 'done'}"


def _ended(data: dict[str, Any]) -> str:
    note = data.get("note") or (data.get("reason") if data["outcome"] == "refused" else "")
    return f"{data['outcome']}: {note}" if note else str(data["outcome"])


def _event(entry: Entry) -> str:
    data = entry.data
    if entry.subject == OPERATOR:
        return _operation(data)
    if data.get("what") == "decision":
        return f"decision: {data.get('verdict')}, by rule {data.get('rule')}: {data.get('reason')}"
    what = str(data.get("message") or data.get("what") or entry.status)
    by = f", by {data['by']}" if data.get("by") else ""
    why = f": {data['why']}" if data.get("why") else ""
    return f"{what}{by}{why}"


def _operation(data: dict[str, Any]) -> str:
    names = ", ".join(data.get("names", ()))
    if data.get("what") != DONE:
        by = f", by {data['by']}" if data.get("by") else ""
        return f"{data.get('what')} {names}".rstrip() + by
    return f"{data.get('action')}: {'done' if data.get('ok') else 'failed'}"

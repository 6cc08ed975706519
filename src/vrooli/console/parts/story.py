"""What happened, as the page and the table of it show it: filters, rows, CSV. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from vrooli.core.cells import defused

KINDS = {"": "Everything", "transition": "Changes of state", "heal": "Heals", "event": "Events"}
SPANS = {
    "1h": "the last hour",
    "24h": "the last 24 hours",
    "7d": "the last 7 days",
    "30d": "the last 30 days",
    "365d": "the last year",
}
USUAL = "24h"
MAX_TEXT = 200
COLUMNS = ("time", "kind", "subject", "status", "what", "number")

_TONES = {
    "ok": "ok",
    "healed": "ok",
    "done": "ok",
    "warning": "warning",
    "relapsed": "warning",
    "critical": "critical",
    "failed": "critical",
    "ineffective": "critical",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for.

    Attributes:
        kind: one of `KINDS`.
        subject: a service, a group or a check; empty for all.
        span: one of `SPANS`.
        text: what subject or words contain.
        before: the number before which the page begins; 0 for the newest.
    """

    kind: str = ""
    subject: str = ""
    span: str = USUAL
    text: str = ""
    before: int = 0

    def question(self) -> dict[str, Any]:
        """The query of `GET /timeline`; what is not asked is None."""
        return {
            "kind": self.kind or None,
            "subject": self.subject or None,
            "text": self.text or None,
            "since": self.span,
            "before": self.before or None,
        }

    def link(self, path: str = "/timeline", **changes: Any) -> str:
        """The address of these filters, with `changes`."""
        other = replace(self, **changes)
        said = {
            "kind": other.kind,
            "subject": other.subject,
            "span": "" if other.span == USUAL else other.span,
            "text": other.text,
            "before": other.before or "",
        }
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class Happened:
    """One row.

    Attributes:
        seq: its number; a later one is higher.
        at: unix seconds.
        kind, subject, words: as the watchdog says them.
        status: what it is now; empty where that says nothing.
        tone: the colour of that.
    """

    seq: int
    at: float
    kind: str
    subject: str
    status: str
    words: str
    tone: str


def filters(query: Mapping[str, str]) -> Filters:
    """What stands behind the `?`; what makes no sense there is passed over."""
    kind, span = query.get("kind", ""), query.get("span", USUAL)
    before = query.get("before", "")
    return Filters(
        kind if kind in KINDS else "",
        query.get("subject", "").strip()[:MAX_TEXT],
        span if span in SPANS else USUAL,
        query.get("text", "").strip()[:MAX_TEXT],
        int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0,
    )


def rows(entries: Iterable[Mapping[str, Any]]) -> list[Happened]:
    """Of the answer to `GET /timeline`."""
    return [_row(entry) for entry in entries]


def newer(found: Sequence[Happened], than: int) -> list[Happened]:
    """Those of `found` with a higher number, the newest first."""
    return sorted((row for row in found if row.seq > than), key=lambda row: -row.seq)


def csv_text(cells: Iterable[Sequence[str]]) -> str:
    """Lines of CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(cells)
    return text.getvalue()


def csv_row(row: Happened) -> tuple[str, ...]:
    """The cells of `COLUMNS`; times in UTC."""
    at = datetime.fromtimestamp(row.at, UTC).isoformat(timespec="milliseconds")
    said = (row.kind, row.subject, row.status, row.words)
    return (at, *map(defused, said), str(row.seq))


def file_name(stack: str, now: float) -> str:
    """Of the CSV: the stack and the day (UTC)."""
    safe = "".join(
        one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in stack
    )
    return f"{safe or 'vrooli'}-timeline-{datetime.fromtimestamp(now, UTC):%Y-%m-%d}.csv"


def _row(entry: Mapping[str, Any]) -> Happened:
    status = str(entry.get("status") or "")
    return Happened(
        int(entry["seq"]),
        float(entry["at"]),
        str(entry["kind"]),
        str(entry["subject"]),
        status,
        str(entry["words"]),
        _TONES.get(status, "unknown"),
    )

"""Runs, newest first."""

from typing import Any
from urllib.parse import urlencode

from vrooli.console.page import Page, View
from vrooli.console.parts.asked import Asked
from vrooli.console.parts.html import Tag, link, moment

STATUSES = ("pending", "running", "waiting", "paused", "completed", "failed", "cancelled")
_HEADS = ("Run", "Routine", "State", "Begun", "Ended", "Of")


async def build(view: View) -> None:
    """The page."""
    query = {key: view.query[key] for key in ("status", "routine", "cursor") if view.query.get(key)}
    _filter(query)
    asked: Asked[dict[str, Any]] = Asked(
        view, lambda: view.acting.work.runs(limit=50, **query), key=("runs", *query.items())
    )
    asked.show_trouble()
    asked.show(lambda answer: _table(answer, query))
    await asked.begin()


def _filter(query: dict[str, str]) -> None:
    with Tag("nav", "", "row", aria_label="Which runs"):
        for status in ("", *STATUSES):
            here = {"aria_current": "true"} if query.get("status", "") == status else {}
            to = "/runs" + (f"?{urlencode({'status': status})}" if status else "")
            Tag("a", status or "all", "button", href=to, **here)
        link("Start a routine", "/routines", "button")


def _table(answer: dict[str, Any], query: dict[str, str]) -> None:
    if not answer["runs"]:
        with Tag("div", "", "empty"):
            Tag("p", "No runs of this kind.")
            link("Start a routine", "/routines")
        return
    with Tag("div", "", "scroll", tabindex="0", role="region", aria_label="Runs"), Tag("table"):
        with Tag("thead"), Tag("tr"):
            for head in _HEADS:
                Tag("th", head, scope="col")
        with Tag("tbody"):
            for run in answer["runs"]:
                _row(run)
    if answer.get("next_cursor"):
        more = urlencode({**query, "cursor": answer["next_cursor"]})
        link("Older runs", f"/runs?{more}", "button")


def _row(run: dict[str, Any]) -> None:
    with Tag("tr"):
        with Tag("td"):
            link(run["id"], f"/runs/{run['id']}")
        with Tag("td"):
            link(run["routine"], f"/routines/{run['routine']}")
        with Tag("td"):
            Tag("span", run["status"], f"state {run['status']}")
        for at in (run["started_at"] or run["created_at"], run["ended_at"]):
            with Tag("td"):
                if at:
                    moment(at, since=True)
        Tag("td", run["created_by"] or "")


PAGE = Page("/runs", "Work", "play_circle", build, order=70)

"""Backups: what can be gone back to, whether that is so, and going back."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.backups_told import Backups, Due, Place, Work, backups_of, verdict
from vrooli.console.parts.doing import Doing
from vrooli.console.parts.drills import charts_of, drills_of, show_charts, show_drills
from vrooli.console.parts.forms import button, why_not
from vrooli.console.parts.going_back import GoingBack
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live, Spoken
from vrooli.console.parts.put_back import Undoing
from vrooli.console.parts.recovery_line import SPANS, line_of, show_line, span_of
from vrooli.console.parts.restore_points import show_points
from vrooli.core.amounts import length
from vrooli.core.errors import VrooliError

EVERY = 5.0
"""Seconds after which it is asked anew."""

DRAWN, LISTED = 500, 20
"""Points on the axis of time, and in the table."""

_NAMES = {"24h": "24 hours", "7d": "7 days", "30d": "30 days", "365d": "a year"}

Said = Mapping[str, Any]


async def build(view: View) -> None:
    """The page."""
    now = [await _ask(view)]
    spoken = Spoken(lambda: verdict(backups_of(now[0]))[1])
    parts: list[Live[Any] | Spoken] = [spoken]
    parts.append(Live(lambda: backups_of(now[0]), _head, "section"))
    taking = _Taking(view, now)
    parts.append(Live(lambda: backups_of(now[0]).by_itself, taking.show, "div"))
    if backups_of(now[0]).count:
        parts += _filled(view, now)

    async def again() -> None:
        was_empty = not backups_of(now[0]).count
        try:
            now[0] = await _ask(view)
        except VrooliError:
            return  # the banner of the frame says so
        if was_empty and backups_of(now[0]).count:
            ui.navigate.reload()
        for part in parts:
            part.look()

    ui.timer(EVERY, again, immediate=False)


def _filled(view: View, now: list[Said]) -> list[Live[Any] | Spoken]:
    """What there is to see once there is a point."""
    before, wanted = view.query.get("before", ""), view.query.get("span", "")

    def line() -> Any:
        said = backups_of(now[0])
        at = float(now[0]["at"])
        return line_of(said.points, at, span_of(said.points, at, wanted), said.wal)

    Tag("h2", "What can be gone back to")
    with Tag("section", "", "panel"):
        at = float(now[0]["at"])
        _spans(span_of(backups_of(now[0]).points, at, wanted))
        parts: list[Live[Any] | Spoken] = [Live(line, show_line)]
    GoingBack(view, view.query.get("point", "")).show(backups_of(now[0]))
    undoing = Undoing(view)
    parts.append(Live(lambda: backups_of(now[0]).restored, undoing.show, "section"))
    undoing.end()
    Tag("h2", "Restore points")
    parts.append(Live(lambda: _listed(backups_of(now[0])), lambda seen: _points(seen, before)))
    Tag("h2", "Where they lie")
    parts.append(Live(lambda: backups_of(now[0]).stores, _stores))
    Tag("h2", "Practised restores")
    parts.append(Live(lambda: now[0]["drills"], lambda seen: _drills({"drills": seen})))
    parts.append(Live(lambda: backups_of(now[0]), _failures, "section"))
    return parts


async def _ask(view: View) -> Said:
    """As all do who look; a page of older points is asked for by itself."""
    watchdog, before = view.acting.watchdog, view.query.get("before", "")

    async def ask() -> Said:
        query = {"limit": LISTED if before else DRAWN, "before": before or None}
        return await view.acting.ask(lambda: watchdog.backups(**query))

    return await view.feed.answers.get(("backups", before), ask, seconds=EVERY / 2)


def _head(said: Backups) -> None:
    if said.trouble:
        with Tag("div", "", "banner warning", role="status"):
            Tag("strong", "This may be old. ")
            Tag("span", said.trouble)
    for wrong in said.warned:
        with Tag("div", "", f"banner {wrong.level}", role="status"):
            link(wrong.id, f"/checks/{wrong.id}")
            Tag("span", f": {wrong.message}")
    level, words = verdict(said)
    Tag("div", words, f"verdict {level}")
    for work in said.working:
        _work(work)
    if said.is_empty:
        if not said.working:
            _empty(said)
        return
    with Tag("ul", "", "cards covered"):
        for one in said.covered:
            with Tag("li", "", f"card {one.level}"):
                link(one.name, f"/services/{one.name}")
                with Tag("p", ""):
                    if one.verified:
                        Tag("span", "newest verified point: ")
                        moment(one.verified, since=True)
                    else:
                        Tag("span", "no verified point")
                with Tag("p", "", "soft"):
                    Tag("span", "newest: ")
                    moment(one.newest, since=True)
                    Tag("span", f"; it may be {length(one.allowed)} old")
                for wal in said.wal:
                    if wal.service == one.name:
                        Tag("p", wal.words, "soft" if wal.level == "ok" else "message")


def _work(one: Work) -> None:
    with Tag("div", "", "panel working", role="status"):
        with Tag("p", ""):
            Tag("strong", one.words)
            Tag("span", ", begun ")
            moment(one.since, since=True)
        if one.far:
            Tag("p", one.far, "soft")
        if one.share is not None:
            Tag("meter", "", min=0, max=100, value=one.share, aria_label=f"{one.share} % are done")


def _empty(said: Backups) -> None:
    with Tag("div", "", "empty"):
        Tag("p", "A restore point is taken while the database serves, and tried at once:")
        Tag("pre", "vrooli backup run")
        if not said.by_itself:
            Tag("p", "The section [backup] of vrooli.toml has that done by itself.")


class _Taking:
    """What is due, and the button that has a point taken now."""

    def __init__(self, view: View, now: list[Said]) -> None:
        self._view, self._now = view, now

    def show(self, by_itself: bool) -> None:
        """Nothing where no job takes them: the watchdog alone must not, whom nobody asked."""
        if not by_itself:
            return
        with Tag("div", "", "row taking"):
            button("Take one now", self._take, why_not=why_not(self._view))
            for one in backups_of(self._now[0]).due:
                _due(one)
        self._doing = Doing(self._view)

    async def _take(self) -> None:
        doing, watchdog = self._doing, self._view.acting.watchdog

        async def run() -> None:
            await self._view.acting.ask(lambda: watchdog.run_job("backup"))
            doing.say("It is being taken; this page shows it when it is there.")

        await doing.trying(run)


def _due(one: Due) -> None:
    with Tag("span", "", "soft"):
        Tag("span", f"{one.name}: ")
        if one.running:
            Tag("span", "runs now")
        elif one.next:
            moment(one.next, since=True)
        else:
            Tag("span", "by hand alone")
        if one.wrong:
            Tag("span", f", {one.wrong}")


def _spans(span: float) -> None:
    with Tag("nav", "", "row ranges", aria_label="How far back"):
        for key, seconds in SPANS.items():
            here = {"aria_current": "true"} if seconds == span else {}
            Tag("a", _NAMES[key], "button", href=f"/backups?span={key}", **here)


def _listed(said: Backups) -> tuple[Any, ...]:
    """The points of a page, and where the next one begins."""
    shown = said.points[:LISTED]
    more = said.more if len(said.points) <= LISTED else shown[-1].id
    return shown, more, said.count


def _points(seen: tuple[Any, ...], before: str) -> None:
    points, more, count = seen
    where = "older ones" if before else "the newest first"
    Tag("p", f"{len(points)} of {count}, {where}", "soft")
    show_points(points)
    if before or more:
        with Tag("nav", "", "row paging", aria_label="Pages of restore points"):
            if before:
                link("Newest", "/backups", "button")
            if more:
                link("Older", f"/backups?before={more}", "button")


def _stores(stores: tuple[Place, ...]) -> None:
    with Tag("ul", "", "cards stores"):
        for one in stores:
            with Tag("li", "", f"card {one.level}"):
                Tag("strong", one.name)
                Tag("p", one.where, "soft where")
                with Tag("p", ""):
                    Tag("span", one.words)
                    if one.newest:
                        Tag("span", "; the newest is from ")
                        moment(one.newest, since=True)


def _drills(said: Said) -> None:
    if not said["drills"]:
        with Tag("div", "", "empty"):
            Tag("p", "No restore was practised yet. How long one takes, and what it loses:")
            Tag("pre", "vrooli backup drill")
        return
    show_charts(charts_of(said))
    show_drills(drills_of(said))


def _failures(said: Backups) -> None:
    if not said.failures:
        return
    Tag("h2", "Backups that failed")
    with Tag("ul", "", "lately panel"):
        for at, why in said.failures:
            with Tag("li"):
                moment(at, since=True)
                Tag("span", f": {why}")
    if said.failed > len(said.failures):
        Tag("p", f"{said.failed} in all.", "soft")


PAGE = Page("/backups", "Backups", "settings_backup_restore", build, order=45)

"""Going back to a restore point: what it would do for whoever looks, and doing it for who may."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.backups_told import STATES, Backups, Point
from vrooli.console.parts.doing import Doing
from vrooli.console.parts.forms import Fields, Form, barred, why_not
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.steering import line_of
from vrooli.console.parts.threads import lines_of

OFFERED = 100
"""Points that can be chosen, the newest; an address names any other."""


def choices(said: Backups, chosen: str) -> list[tuple[str, str]]:
    """What can be gone back to: a part of a point each, by `POINT/SERVICE`. Pure."""
    found = [
        (f"{point.id}/{name}", f"{point.named}: {name}" if len(point.services) > 1 else point.named)
        for point in said.points[:OFFERED]
        for name in point.services
    ]
    if chosen and all(not key.startswith(f"{chosen}/") for key, _ in found):
        found.insert(0, (f"{chosen}/", chosen))
    return found


def first_of(said: Backups, chosen: str) -> str:
    """What is chosen at first: of the point that the address names, else the newest verified one.
    Pure.
    """
    good: Point | None = next((one for one in said.points if one.level == "ok"), None)
    wanted = chosen or (good.id if good is not None else "")
    keys = [key for key, _ in choices(said, chosen)]
    return next((key for key in keys if wanted and key.startswith(f"{wanted}/")), "")


def order_of(plan: Mapping[str, Any], said: Fields) -> dict[str, Any]:
    """What `POST /operations` is asked beside the service; the watchdog decides about `confirm`,
    nothing is filled in for the person. Pure.
    """
    options = {"restore": plan["point"], "room": plan["room"]}
    if plan.get("archives"):
        options["archives"] = True
    return {"options": options, "confirm": said.get("confirm", "")}


class GoingBack:
    """The wizard: a point, what it would do, the name typed, and each line as it comes.

    Args:
        chosen: id of the point that the address names; may be empty.
    """

    def __init__(self, view: View, chosen: str) -> None:
        self._view, self._chosen = view, chosen
        self._doing: Doing | None = None

    def show(self, said: Backups) -> None:
        """The choice, and below it what comes of it."""
        with Tag("section", "", "panel", id="go-back"):
            Tag("h2", "Go back", "first")
            Tag(
                "p",
                "It is fetched and started beside what serves; then the two change places. What "
                "was in force is kept, and can be gone back to.",
                "soft",
            )
            if said.wal:
                with Tag("p", "", "soft"):
                    Tag("span", "This goes back to a point as it is; to any moment after it: ")
                    Tag("code", 'vrooli restore --to "2026-11-28 11:52"')
            form = Form(self._look, "row go-back")
            first = first_of(said, self._chosen)
            form.choice("what", "To which point", choices(said, self._chosen), first)
            with form:
                Tag("button", "See what it would do", "main", type="submit")
            self._doing = Doing(self._view)

    async def _look(self, said: Fields) -> bool:
        """False: looking once more does no harm, and may be wanted at once."""
        doing = self._doing
        if doing is not None and not doing.busy:
            await doing.trying(partial(self._plan, doing, said.get("what", "")))
        return False

    async def _plan(self, doing: Doing, what: str) -> None:
        point, _, service = what.partition("/")
        watchdog = self._view.acting.watchdog
        plan = await doing.answer(
            "Looking what it would do", lambda: watchdog.restore_plan(point, service)
        )
        doing.show(lambda: self._offer(doing, plan))

    def _offer(self, doing: Doing, plan: Mapping[str, Any]) -> None:
        failed = plan["outcome"] == "failed"
        with Tag("div", "", "offer"):
            Tag("h3", f"Going back to {plan['point']} would:")
            with Tag("ul", ""):
                for step in plan["steps"]:
                    Tag("li", str(step))
                Tag("li", f"stop, and start again: {', '.join(map(str, plan['stops']))}")
            with Tag("p", ""):
                Tag("span", "What was written since ")
                moment(float(plan["begun"]))
                Tag("span", " (")
                moment(float(plan["begun"]), since=True)
                Tag("span", ") may not be in it. It is destructive: it may lose data.")
            words, level = STATES.get(str(plan["outcome"]), (str(plan["outcome"]), "unknown"))
            with Tag("p", ""):
                Tag("span", "This point is ")
                Tag("span", words, f"state {level}")
                if plan["why"]:
                    Tag("span", f" {plan['why']}")
            if failed:
                self._not_here(plan)
            else:
                self._confirm(doing, plan)

    def _not_here(self, plan: Mapping[str, Any]) -> None:
        Tag("p", "It is not restored from here. Choose another one; where there is none:")
        Tag("pre", f"vrooli restore {plan['point']} --failed")

    def _confirm(self, doing: Doing, plan: Mapping[str, Any]) -> None:
        service = str(plan["service"])
        if why := why_not(self._view):
            Tag("p", f"You see the plan only. {why}", "soft")
            return

        async def confirmed(said: Fields) -> None:
            await doing.trying(partial(self._restore, doing, plan, order_of(plan, said)))

        form = Form(confirmed, "row")
        form.field("confirm", f"Type {service} to confirm", required="")
        with form:
            Tag("button", f"Restore {service}", "danger", type="submit", **barred(self._view))
            leave = Tag("button", "Leave it", "", type="button")
            leave.on("click", doing.clear, args=[])

    async def _restore(self, doing: Doing, plan: Mapping[str, Any], order: dict[str, Any]) -> None:
        watchdog, service = self._view.acting.watchdog, str(plan["service"])
        doing.say(f"The restore of {service} is asked for", "soft")
        shown: list[str] = []
        ended: Mapping[str, Any] = {}

        def begin() -> Iterator[dict[str, Any]]:
            return watchdog.operation("upgrade", (service,), **order)

        async for told in lines_of(begin):
            if said := line_of(told):
                shown.append(said)
            if told.get("done"):
                ended = told
            doing.show(partial(_lines, list(shown), ended))


def _lines(shown: list[str], ended: Mapping[str, Any]) -> None:
    with Tag("ol", "", "lines"):
        for line in shown:
            Tag("li", line)
    if not ended:
        return
    fine = bool(ended.get("ok"))
    words = "It is restored." if fine else "It did not work out; what was in force still is."
    Tag("p", words, f"state {'ok' if fine else 'critical'}")
    if ended.get("note"):
        Tag("p", str(ended["note"]))

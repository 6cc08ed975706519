"""Going on with a run anew: a retry of what failed, or a fork with other inputs. What is done anew
is said before.
"""

from collections.abc import Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

from vrooli.console.page import View
from vrooli.console.parts.again import Anew, anew, places, retried
from vrooli.console.parts.dialogs import answer_of, titled
from vrooli.console.parts.filling import LONGEST, Filling
from vrooli.console.parts.forms import Fields, Form, barred, choice
from vrooli.console.parts.html import Tag, notify
from vrooli.console.parts.schema_form import NotFilled, fields_of
from vrooli.console.run_feed import RunFeed, RunSeen
from vrooli.core.errors import VrooliError

MOST = 30
"""Steps that are named; of more only how many there are."""

VALUE = "(e) => emit(e.target.value)"


class Again:
    """The two dialogs of one run.

    Args:
        view: of the page.
        feed: of the run.
    """

    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._feed, self._run = view, feed, feed.run
        self._place = Tag("div")  # what the buttons stand in is built anew meanwhile

    async def retry(self, path: str = "") -> None:
        """Ask from where, and go on there; without a path with what failed."""
        seen = self._feed.answer
        if seen is None:
            return

        def build(dialog: ui.dialog) -> None:
            Tag("p", "The same run goes on, with the inputs that it has.", "soft")
            wrong: list[Tag] = []

            async def send(said: Fields) -> None:
                work, place = self._view.acting.work, said.get("path") or None
                try:
                    await self._view.acting.ask(lambda: work.retry(self._run, place))
                except VrooliError as error:
                    wrong[0].text = _sentence(error)
                else:
                    dialog.submit(True)

            with Form(send, "again"):
                first = ("", "with what failed, or was cut off")
                self._places(seen, path, [first], _retried(seen))
                wrong.append(Tag("p", "", "field-error", role="alert"))
                self._answers(dialog, "Retry it")

        await self._opened("Retry this run", build)
        self._feed.look()

    async def fork(self, path: str = "") -> None:
        """Ask from where, and with which inputs; the page of the new run follows."""
        seen, work = self._feed.answer, self._view.acting.work
        if seen is None:
            return
        name, version = seen.run["routine"], seen.run["version"]
        try:
            routine = await self._view.acting.ask(lambda: work.routine(name, version))
        except VrooliError as error:
            with self._place:
                notify(str(error), type="negative", multi_line=True, close_button="Close")
            return
        made: list[str] = []

        def build(dialog: ui.dialog) -> None:
            Tag("p", "A new run of the same version; this one stays as it is.", "soft")
            fillings: list[Filling] = []

            async def send(said: Fields) -> None:
                fillings[0].tell(None)
                try:
                    made.append(await self._forked(seen, said, fillings[0]))
                except (NotFilled, VrooliError) as error:
                    fillings[0].tell(error)
                else:
                    dialog.submit(True)

            with Form(send, "again", LONGEST):
                self._places(seen, path, [], lambda place: anew(seen.steps.shown, place))
                Tag("h3", "Inputs, for what is done anew")
                fields = fields_of(routine["definition"].get("inputs"))
                fillings.append(Filling(fields, seen.run["inputs"]))
                self._answers(dialog, "Fork it")

        await self._opened("Fork this run", build)
        if made:
            self._place.clear()
            with self._place:
                ui.navigate.to(f"/runs/{made[0]}")

    async def _forked(self, seen: RunSeen, said: Fields, filling: Filling) -> str:
        given, before = filling.inputs(said), seen.run["inputs"]
        changed = {name: one for name, one in given.items() if before.get(name) != one}
        work, place = self._view.acting.work, said.get("path", "")
        run = await self._view.acting.ask(lambda: work.fork(self._run, place, changed))
        return str(run["id"])

    def _places(
        self,
        seen: RunSeen,
        path: str,
        more: list[tuple[str, str]],
        of: Callable[[str], Anew],
    ) -> None:
        """From where, and what that means."""
        found = places(seen.steps.shown)
        choices = [*more, *((one, f"from {one}") for one in found)]
        if found and not seen.steps.before:
            choices[len(more)] = (found[0], f"from the beginning ({found[0]})")
        with Tag("div", "", "from") as around:
            choice("path", "From where", choices, path)
        about = Tag("div", "", "panel", aria_live="polite")

        def chosen(place: str) -> None:
            about.clear()
            with about:
                _told(of(place))

        def taken(event: GenericEventArguments) -> None:
            chosen(str(event.args))

        around.on("change", taken, js_handler=VALUE)
        chosen(path or (choices[0][0] if choices else ""))

    def _answers(self, dialog: ui.dialog, text: str) -> None:
        with Tag("div", "", "row"):
            Tag("button", text, "main", type="submit", **barred(self._view))
            leave = Tag("button", "Leave it", "", type="button")
            leave.on("click", lambda: dialog.submit(False))

    async def _opened(self, title: str, build: Callable[[ui.dialog], None]) -> None:
        with self._place, titled(title) as dialog:
            build(dialog)
        await answer_of(dialog)


def _retried(seen: RunSeen) -> Callable[[str], Anew]:
    return lambda place: retried(seen.steps.shown, place)


def _told(found: Anew) -> None:
    for lead, paths in (("Done anew: ", found.again), ("Kept as it is: ", found.kept)):
        with Tag("p"):
            Tag("strong", lead)
            Tag("span", named(paths))
    if found.again:
        Tag("p", "Steps that come after those are done as well.", "soft")


def named(paths: tuple[str, ...]) -> str:
    """Of steps or tasks, in a line."""
    if not paths:
        return "nothing"
    more = f" and {len(paths) - MOST} more" if len(paths) > MOST else ""
    return ", ".join(paths[:MOST]) + more


def _sentence(error: VrooliError) -> str:
    return f"{error.what}. Next: {error.next_step}" if error.next_step else error.what


def may_retry(seen: RunSeen) -> bool:
    """Whether it ended in a way from which it can go on."""
    return seen.run["status"] in ("failed", "cancelled")

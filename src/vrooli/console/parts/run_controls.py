"""What can be done with a run: pause, resume, cancel, go on anew, send what it waits for."""

from collections.abc import Callable
from functools import partial

from nicegui import ui

from vrooli.console.page import View
from vrooli.console.parts.asked import act
from vrooli.console.parts.forms import button, why_not
from vrooli.console.parts.html import Tag
from vrooli.console.parts.run_again import Again, may_retry
from vrooli.console.parts.run_seen import ENDED, Step
from vrooli.console.run_feed import RunFeed, RunSeen


class Controls:
    """The buttons of one run.

    Args:
        view: of the page.
        feed: of the run.
    """

    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._feed, self._run = view, feed, feed.run
        self._again = Again(view, feed)
        self._place = Tag("div")  # what the buttons stand in is built anew meanwhile

    def show(self, seen: RunSeen) -> None:
        """Those that mean something now."""
        work, run, status = self._view.acting, self._run, seen.run["status"]
        with Tag("div", "", "row"):
            if status in ("pending", "running", "waiting") and not seen.run["pausing"]:
                self._button("Pause", lambda: work.work.pause(run))
            if status == "paused" or seen.run["pausing"]:
                self._button("Resume", lambda: work.work.resume(run))
            if may_retry(seen):
                button("Retry ...", self._again.retry, "main", why_not(self._view))
            if seen.steps.shown:
                button("Fork ...", self._again.fork, "", why_not(self._view))
            if status not in ENDED:
                self._button("Cancel", lambda: work.work.cancel(run), sure=True)

    def beside(self, step: Step) -> None:
        """What can be done with a step."""
        seen = self._feed.answer
        if seen is None or step.given_up:
            return
        with Tag("div", "", "row beside"):
            if may_retry(seen):
                retry = partial(self._again.retry, step.path)
                button("Retry from here ...", retry, "quiet", why_not(self._view))
            fork = partial(self._again.fork, step.path)
            button("Fork from here ...", fork, "quiet", why_not(self._view))

    def _button(self, text: str, question: Callable[[], object], *, sure: bool = False) -> None:
        do = partial(self._do, text, question, sure)
        button(text, do, "danger" if sure else "", why_not(self._view))

    async def _do(self, text: str, question: Callable[[], object], sure: bool) -> None:
        with self._place:
            if sure and not await _is_sure(text):
                return
            await act(self._view, text, question)
        self._feed.look()


async def _is_sure(text: str) -> bool:
    with ui.dialog() as dialog, ui.card():
        Tag("h2", f"{text} this run?")
        Tag("p", "All that it started ends with it. Completed steps stay as they are.")
        with Tag("div", "", "row"):
            yes = Tag("button", f"{text} it", "danger", type="button")
            yes.on("click", lambda: dialog.submit(True))
            no = Tag("button", "Leave it", "", type="button")
            no.on("click", lambda: dialog.submit(False))
    sure = bool(await dialog)
    dialog.delete()
    return sure

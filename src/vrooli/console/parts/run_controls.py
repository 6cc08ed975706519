"""What can be done with a run: pause, resume, cancel, go on anew, send what it waits for."""

from collections.abc import Callable
from functools import partial

from vrooli.console.page import View
from vrooli.console.parts.asked import act
from vrooli.console.parts.dialogs import is_sure
from vrooli.console.parts.forms import button, why_not
from vrooli.console.parts.html import Tag
from vrooli.console.parts.run_again import Again, may_retry
from vrooli.console.parts.run_seen import ENDED, Step
from vrooli.console.run_feed import RunFeed, RunSeen

_LOST = "All that it started ends with it. Completed steps stay as they are."


class Doer:
    """Makes buttons that do something with a run.

    Args:
        view: of the page.
        feed: of the run.
        name: what the run is, in questions.
    """

    def __init__(self, view: View, feed: RunFeed, name: str) -> None:
        self._view, self._feed, self._name = view, feed, name
        self._place = Tag("div")  # what the buttons stand in is built anew meanwhile

    def button(
        self, text: str, question: Callable[[], object], lost: str = "", yes: str = ""
    ) -> None:
        """One; what is said as `lost` is what somebody has to agree to first, by `yes`."""
        build = partial(Tag, "p", lost) if lost else None
        self.asking(text, question, build, yes or f"{text} it", "danger" if lost else "")

    def asking(
        self,
        text: str,
        question: Callable[[], object],
        build: Callable[[], object] | None,
        yes: str,
        classes: str,
    ) -> None:
        """One; `build` makes what is asked or said first."""

        async def do() -> None:
            with self._place:
                leave, asked = (yes, "Leave it"), f"{text} this {self._name}?"
                if build and not await is_sure(asked, build, leave, classes or "main"):
                    return
                await act(self._view, text, question)
            self._feed.look()

        button(text, do, classes, why_not(self._view))


class Controls:
    """The buttons of one run.

    Args:
        view: of the page.
        feed: of the run.
    """

    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._feed, self._run = view, feed, feed.run
        self._again = Again(view, feed)
        self._doer = Doer(view, feed, "run")

    def show(self, seen: RunSeen) -> None:
        """Those that mean something now."""
        work, run, status = self._view.acting, self._run, seen.run["status"]
        with Tag("div", "", "row"):
            if status in ("pending", "running", "waiting") and not seen.run["pausing"]:
                self._doer.button("Pause", lambda: work.work.pause(run))
            if status == "paused" or seen.run["pausing"]:
                self._doer.button("Resume", lambda: work.work.resume(run))
            if may_retry(seen):
                button("Retry ...", self._again.retry, "main", why_not(self._view))
            if seen.steps.shown:
                button("Fork ...", self._again.fork, "", why_not(self._view))
            if status not in ENDED:
                self._doer.button("Cancel", lambda: work.work.cancel(run), _LOST)

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

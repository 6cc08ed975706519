"""What can be done with a swarm: pause, resume, retry and stop it, hand its tasks to people."""

from functools import partial

from vrooli.console.page import View
from vrooli.console.parts.addresses import address, compare_of
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.run_again import may_retry
from vrooli.console.parts.run_controls import Doer
from vrooli.console.parts.swarm_again import show_anew
from vrooli.console.parts.swarm_seen import Task
from vrooli.console.run_feed import RunFeed, RunSeen

_LOST = "All its runs, their steps and programs end with it. What is done stays as it is."
_HANDED = "It is done when a person says so."
_ENDED = "What it does is ended, with all that it started."

LONGEST = 2000
"""Characters of what a person is to do."""

TYPED = "(e) => emit(e.target.value)"


class SwarmControls:
    """The buttons of one swarm.

    Args:
        view: of the page.
        feed: of the swarm.
    """

    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._run = view, feed.run
        self._doer, self._tasks = Doer(view, feed, "swarm"), Doer(view, feed, "task")

    def show(self, seen: RunSeen) -> None:
        """Those that mean something now."""
        swarms, run, status = self._view.acting.swarms, self._run, seen.run["status"]
        with Tag("div", "", "row"):
            if status in ("pending", "running", "waiting") and not seen.run["pausing"]:
                self._doer.button("Pause", lambda: swarms.pause_swarm(run))
            if status == "paused" or seen.run["pausing"]:
                self._doer.button("Resume", lambda: swarms.resume_swarm(run))
            if may_retry(seen):
                work = self._view.acting.work
                again, build = partial(work.retry, run, None), partial(show_anew, seen)
                self._doer.asking("Retry", again, build, "Retry it", "main")
            if not seen.ended:
                self._doer.button("Stop", lambda: swarms.stop_swarm(run), _LOST)
            link("Compare with ...", compare_of(run), "button")
            link("Steps and fork", address("runs", run), "button")

    def beside(self, task: Task) -> None:
        """Those of a task that is not at its end."""
        swarms, run = self._view.acting.swarms, self._run
        if task.moves:
            with Tag("div", "", "row"):
                if task.moves == "hand":
                    self._hand(task)
                else:
                    self._tasks.button("Take it back", partial(swarms.take_back, run, task.id))

    def _hand(self, task: Task) -> None:
        """To a person, who is told what to do; what is under way would be lost."""
        swarms, run, said = self._view.acting.swarms, self._run, [""]
        lost = task.status in ("running", "asked")

        def ask() -> None:
            said[0] = ""
            Tag("p", f"{_ENDED} {_HANDED}" if lost else _HANDED)
            Tag("label", "What is to be done (without, what its routine does)", for_="hand-what")
            what = Tag("textarea", "", id="hand-what", rows=3, maxlength=LONGEST)
            what.on("change", lambda event: said.__setitem__(0, str(event.args)), js_handler=TYPED)

        def hand() -> object:
            return swarms.hand(run, task.id, said[0].strip()[:LONGEST])

        classes = "danger" if lost else ""
        self._tasks.asking("Hand over", hand, ask, "Hand it over", classes)

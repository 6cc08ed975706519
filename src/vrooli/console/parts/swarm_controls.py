"""What can be done with a swarm: pause, resume, retry and stop it, hand its tasks to people."""

from functools import partial

from vrooli.console.page import View
from vrooli.console.parts.addresses import address, compare_of
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.run_controls import Doer
from vrooli.console.parts.swarm_seen import Task
from vrooli.console.run_feed import RunFeed, RunSeen

_LOST = "All its runs, their steps and programs end with it. What is done stays as it is."
_HANDED = "What it does is ended, with all that it started. It is done when a person says so."


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
            if not seen.ended:
                self._doer.button("Stop", lambda: swarms.stop_swarm(run), _LOST)
            link("Compare with ...", compare_of(run), "button")
            link("Steps, retry and fork", address("runs", run), "button")

    def beside(self, task: Task) -> None:
        """Those of a task that is not at its end."""
        swarms, run = self._view.acting.swarms, self._run
        if task.moves:
            with Tag("div", "", "row beside"):
                if task.moves == "hand":
                    hand = partial(swarms.hand, run, task.id, "")
                    self._tasks.button("Hand over", hand, _HANDED, "Hand it over")
                else:
                    self._tasks.button("Take it back", partial(swarms.take_back, run, task.id))

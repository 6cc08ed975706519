"""What can be done with a swarm: pause, resume, retry and stop it."""

from vrooli.console.page import View
from vrooli.console.parts.addresses import address, compare_of
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.run_controls import Doer
from vrooli.console.run_feed import RunFeed, RunSeen

_LOST = "All its runs, their steps and programs end with it. What is done stays as it is."


class SwarmControls:
    """The buttons of one swarm.

    Args:
        view: of the page.
        feed: of the swarm.
    """

    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._run = view, feed.run
        self._doer = Doer(view, feed, "swarm")

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

"""What happens in a run, a line for each event: for files, pipes, and whoever reads no tree."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TextIO

from vrooli.cli import render
from vrooli.cli.run_tree import approval_says, stands_after
from vrooli.cli.run_untold import first_line
from vrooli.client.run_names import APPROVING, HANDING, task_of
from vrooli.client.swarm_texts import event_said
from vrooli.client.work import ENDED

SIGNS = {"completed": "✓", "failed": "✗", "cancelled": "✗", "begun": "▸"}

_PAUSES = ("is to pause", "is paused")


class Untold(Protocol):
    """What events leave out; each is empty where nobody knows it."""

    def question(self, approval: str) -> str:
        """What is asked, in a line."""
        ...

    def task(self, run: str) -> str:
        """What a person is to do, in a line, and which command says that it is done."""
        ...

    def failure(self, run: str) -> str:
        """Why it failed, in a line."""
        ...

    def unmade(self, swarm: str) -> Mapping[str, str]:
        """Its tasks that could not begin, with the reason of each in a line."""
        ...


class RunLines:
    """Of one run, and of those that it started, which are named before what happens in them: by the
    step that did, those of a swarm by their task.

    Args:
        run: id.
        say: writes a line.
        to: where those go: a terminal has colours.
        untold: what is looked up.
    """

    def __init__(self, run: str, say: Callable[[str], None], to: TextIO, untold: Untold) -> None:
        self._run, self._say, self._to, self._untold = run, say, to, untold
        self._names = {run: ""}
        self._above = dict[str, str]()
        self._routines = dict[str, str]()
        self._stood = dict[str, str]()
        self._unmade = set[tuple[str, str]]()
        self._asks = defaultdict[str, set[str]](set)  # by run what somebody is asked in it

    def tell(self, event: Mapping[str, Any]) -> None:
        """It happened."""
        what, _, word = event["kind"].partition(".")
        if event["run"] not in self._names:
            self._meet(event)
        if what == "approval":
            self._approval(event, word)
        elif what == "run":
            self._moved(event, word)
        elif what in ("step", "note"):
            self._step(event, word)
        elif event["kind"] == "swarm.written":
            self._written(event)
        elif event["kind"] == "signal.sent" and event.get("name") == "message":
            self._line("·", event["run"], f"a message came, by {event['by']}")

    def _meet(self, event: Mapping[str, Any]) -> None:
        """A run that is new here: its name comes behind that of the one which started it."""
        run, routine = event["run"], str(event.get("routine", ""))
        self._routines[run] = routine
        if not (event.get("parent") and event.get("path")):
            self._names[run] = f"run {run}: "
            return
        self._above[run] = event["parent"]
        self._names[run] = f"{self._names.get(event['parent'], '')}{task_of(event)}: "

    def _approval(self, event: Mapping[str, Any], word: str) -> None:
        run, says = event["run"], approval_says(event, word)
        if word == "asked":
            self._asks[run].add(event["path"])
            title = self._untold.question(event["id"])
            says = f"{title}  {says}" if title else says
        elif word != "delegated":
            self._asks[run].discard(event["path"])
        place = "" if self._routines.get(run) == APPROVING else f"{event['path']}  "
        self._line("?" if word == "asked" else "·", run, f"{place}{render.as_called(says)}")

    def _moved(self, event: Mapping[str, Any], word: str) -> None:
        """A run stands elsewhere; said once, until it stands otherwise."""
        run = event["run"]
        if word == "created" and self._routines.get(run) == HANDING:
            self._asks[run].add(HANDING)
            self._line("?", run, render.as_called(self._untold.task(run)))
        elif word in ENDED:
            self._ended(event, word)
        elif stands := stands_after(event, word):
            known = self._stood.get(run) == stands or (word == "waiting" and self._is_asked(run))
            self._stood[run] = stands
            reason = f": {event['reason']}" if event.get("reason") else ""
            if not known:
                self._line("·", run, f"{stands}{reason}")
        elif self._stood.get(run) in _PAUSES:
            del self._stood[run]
            self._line("·", run, "goes on")

    def _written(self, event: Mapping[str, Any]) -> None:
        run, name = event["run"], event.get("name")
        if name == "skipped":
            self._line("·", run, f"{event['by']}: is skipped")
        elif name == "unmade":
            for task, why in self._untold.unmade(run).items():
                if (run, task) not in self._unmade:
                    self._unmade.add((run, task))
                    self._line(self._sign("failed"), run, f"{task}: could not begin: {why}")
        else:
            by = self._names.get(str(event.get("by")), "").removesuffix(": ") or event.get("by")
            reason = f": {event['reason']}" if event.get("reason") else ""
            self._line("·", run, f"{event_said({**event, 'by': by})}{reason}")

    def _is_asked(self, run: str) -> bool:
        """Whether somebody was asked in it, or in one below it, and has not answered: that it waits
        for that was said with the question.
        """
        return any(run in self._line_of(one) for one, asked in self._asks.items() if asked)

    def _line_of(self, run: str | None) -> Iterator[str]:
        while run is not None:
            yield run
            run = self._above.get(run)

    def _ended(self, event: Mapping[str, Any], word: str) -> None:
        """That it came to its end, its steps have told; that of the first one is told with it."""
        run = event["run"]
        self._asks.pop(run, None)
        self._stood.pop(run, None)
        by_hand = self._routines.get(run) == HANDING
        if run == self._run or (word == "completed" and not by_hand):
            return
        why = self._untold.failure(run) if word == "failed" else ""
        why = f"by {event['by']}" if event.get("by") else why
        says = "is done" if word == "completed" else word
        self._line(self._sign(word), run, f"{says}: {why}" if why else says)

    def _step(self, event: Mapping[str, Any], word: str) -> None:
        run = event["run"]
        if word == "begun":  # it goes on
            self._stood.pop(run, None)
        if self._routines.get(run) in (HANDING, APPROVING):
            return  # what is asked there is told by itself
        again = f" (attempt {event['attempt']})" if event["attempt"] > 1 else ""
        why = f"  {first_line(event['why'])}" if word == "failed" and event.get("why") else ""
        self._line(self._sign(word), run, f"{event['path']}  {event['type']}{again}{why}")

    def _sign(self, word: str) -> str:
        return render.paint(SIGNS.get(word, "·"), word, self._to)

    def _line(self, sign: str, run: str, says: str) -> None:
        self._say(f"  {sign} {self._names[run]}{says}")

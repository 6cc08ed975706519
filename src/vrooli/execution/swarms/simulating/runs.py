"""All runs of a simulation: what each comes to, and when."""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from math import isfinite
from typing import Any

from vrooli.core.errors import UsageError, VrooliError
from vrooli.execution.approvals.diffs import diff_of
from vrooli.execution.routines import StoredRoutine
from vrooli.execution.runs.children import child_id
from vrooli.execution.runs.inputs import BadInputs, InputCheck
from vrooli.execution.spending import Amount
from vrooli.execution.step_type import StepFailed
from vrooli.execution.subruns import DEEPEST, MOST_RUNS, SubRun, SubRunEnd
from vrooli.execution.swarms.coordinating import SwarmCoordinator
from vrooli.execution.swarms.deciding import APPROVING, HANDING
from vrooli.execution.swarms.planning import answer
from vrooli.execution.swarms.simulating.checking import check_output
from vrooli.execution.swarms.simulating.clock import VirtualClock
from vrooli.execution.swarms.simulating.driving import Routine, tools
from vrooli.execution.swarms.simulating.kept import KeptSwarms, SimulatedRun
from vrooli.execution.swarms.simulating.lacking import Missing
from vrooli.execution.swarms.simulating.library import Library
from vrooli.execution.swarms.simulating.purse import Purse
from vrooli.execution.swarms.simulating.script import Outcome, Prompter
from vrooli.execution.swarms.simulating.timeline import Line, short
from vrooli.execution.swarms.simulating.timers import Timers
from vrooli.execution.swarms.state import CHECKING, PLANNING, gate
from vrooli.execution.swarms.store import BOARD, PLAN, PROBLEMS, SKIPPED, Put, numbered
from vrooli.flow.budget import OverBudget, limits, place_of
from vrooli.flow.entries import Failure
from vrooli.flow.interpreter import Call
from vrooli.flow.notes import WITHIN
from vrooli.stack.durations import parse_ago

ROOT = "swarm"
"""Id of the first run."""


class SimulatedRuns:
    """Port `SubRuns`, over runs in memory.

    Args:
        clock: time.
        library: routines.
        prompter: says what the others come to.
    """

    def __init__(self, clock: VirtualClock, library: Library, prompter: Prompter) -> None:
        self.clock, self.library, self._prompter = clock, library, prompter
        self.runs = dict[str, SimulatedRun]()
        self.timeline = list[Line]()
        self.missing = list[Missing]()
        self.wrong: UsageError | None = None
        self.widest = 0
        self.kept = KeptSwarms(self.runs, self._written)
        coordinator = SwarmCoordinator(self.kept, library, self, clock)
        self._tools = tools(clock, coordinator)
        self._driven = dict[str, Routine]()
        self._routines = dict[str, Routine]()
        self._timers = Timers(clock)
        self._paused = dict[str, Callable[[], None]]()
        self._overdue = set[str]()
        self._ready = deque[SimulatedRun]()
        self._check_inputs = InputCheck()

    def first(self, routine: str, inputs: Any, budget: Any) -> SimulatedRun:
        """The run of the swarm itself."""
        stored = self.library.known(routine)
        assert stored is not None  # it was put there
        filled = self._check_inputs(stored, inputs)
        limited = limits(budget).instead_of(limits(stored.definition.get("budget")))
        now = self.clock.wall()
        run = SimulatedRun(ROOT, None, "", 1, (), False, routine, filled, Purse(limited), now)
        self._enter(run)
        self._drive(run, stored.definition)
        return run

    async def settle(self) -> None:
        """Go on with all that can, now."""
        while self._ready:
            run = self._ready.popleft()
            if run.id in self._driven:
                await self._driven[run.id].go()

    def tell(self, what: str, path: str, says: str = "", diff: str = "") -> None:
        """It happened now."""
        self.timeline.append(Line(self.clock.passed, what, path, says, diff))

    # What a swarm asks for.

    async def to_its_end(self, asked: SubRun) -> SubRunEnd:
        """Never: what runs here does not wait in place."""
        raise VrooliError("nothing waits in a simulation", where=asked.routine)

    async def begun(self, asked: SubRun) -> str:
        """See the port."""
        run = child_id(asked.parent, asked.path, asked.attempt)
        if run not in self.runs:
            self._make(run, asked)
        return run

    async def fits(self, asked: SubRun) -> None:
        """See the port."""
        path = "/".join(self._named(asked)[0])
        self._refuse(asked, self._prompter.unmade(path, gate(path)))
        self._checked(asked)

    async def cut(self, run: str, by: str) -> None:
        """See the port."""
        self.cancel(self.runs[run], by)

    def cancel(self, run: SimulatedRun, by: str = "") -> None:
        """It ends at once, with all below it."""
        if run.open:
            self._close(run, "cancelled")
            self.tell("cancelled", run.path, by)

    # What people do to them.

    def stop(self, run: SimulatedRun, by: str) -> None:
        """It ends at once, and whoever waits for it hears of that."""
        self.cancel(run, by)
        self._told_above(run)

    def pause(self, run: SimulatedRun, by: str, *, whole: bool) -> None:
        """It begins nothing more, nor does all below it where that is said."""
        for one in run.all() if whole else (run,):
            if one.open and not one.resting:
                one.resting = True
                self._timers.hold(one.id)
        self.tell("paused", run.path, by)

    def resume(self, run: SimulatedRun, by: str, *, whole: bool) -> None:
        """It goes on, likewise."""
        self.tell("resumed", run.path, by)
        for one in run.all() if whole else (run,):
            if one.open and one.resting:
                one.resting = False
                self._timers.go_on(one.id)
            if one.status == "paused":
                self._on_again(one, self._paused.pop(one.id))
            if one.id in self._overdue:
                self._late(one)
            self.ready(one)

    def retry(self, run: SimulatedRun, by: str) -> None:
        """It goes on after it failed or was cancelled; what was done in it stays done."""
        if run.status not in ("failed", "cancelled"):
            return
        if run.ended is not None:
            run.idle += self.clock.wall() - run.ended
        run.status, run.output, run.failure, run.ended = "running", None, None, None
        run.attempt += 1
        self.tell("retried", run.path, by)
        routine = self._routines.get(run.id)
        if routine is None:
            self._go(run, None)
        else:
            routine.again()
            self._driven[run.id] = routine
            self.ready(run)
        self._late(run)

    # What those that are driven ask for.

    def step(self, run: SimulatedRun, call: Call) -> Outcome | None:
        """See `driving.Around`."""
        plain = call.path.rpartition(".")[2]
        return self._prompter.step((f"{run.routine}/{call.path}", f"{run.routine}/{plain}", plain))

    def unscripted(self, run: SimulatedRun, call: Call) -> None:
        """See `driving.Around`."""
        says = "answer" if call.node.type == "llm" else "output"
        what = f"task `{run.path}`: its step `{call.path}` ({call.node.type}) needs something"
        line = f"{run.routine}/{call.path}: {{{says}: ...}}"
        self.missing.append(Missing(f"{what} outside, and is not scripted", "steps", line))

    def ready(self, run: SimulatedRun) -> None:
        """See `driving.Around`."""
        if run.open and run not in self._ready:
            self._ready.append(run)

    def over(self, run: SimulatedRun, error: OverBudget, again: Any = None) -> None:
        """See `driving.Around`."""
        if not run.purse.pauses:
            self.end(run, None, error.failure)
            return
        run.status = "paused"
        self._paused[run.id] = again or partial(self.ready, run)
        self.tell("paused", run.path, error.what)

    def go_on(self) -> None:
        """What paused at a limit tries again."""
        paused, self._paused = self._paused, {}
        for run, again in paused.items():
            self._on_again(self.runs[run], again)

    def _on_again(self, run: SimulatedRun, again: Callable[[], None]) -> None:
        if run.status == "paused":
            run.status = "running"
            again()

    def end(self, run: SimulatedRun, output: Any, failure: Failure | None) -> None:
        """See `driving.Around`."""
        if not run.open:
            return
        run.output, run.failure = output, failure
        self._close(run, "failed" if failure else "completed")
        says = f"{failure.kind}: {failure.reason}" if failure else short(output)
        self.tell("failed" if failure else "done", run.path, says)
        if run.name == PLANNING and failure is None:
            self._plans(output)
        self._told_above(run)

    def _told_above(self, run: SimulatedRun) -> None:
        up = run.parent
        if up is None or not up.open:
            return
        if not run.task:
            self._driven[up.id].ended(run)
        elif up.kept is not None:
            up.kept.stirs += 1
            self.ready(up)

    def _close(self, run: SimulatedRun, status: str) -> None:
        run.status, run.ended = status, self.clock.wall()
        run.purse.settle(run.held, spent=False)
        run.held = Amount()
        run.resting = False
        self._driven.pop(run.id, None)
        self._timers.drop(run.id)
        for below in run.below:
            if below.open:
                self._close(below, "cancelled")
                self.tell("cancelled", below.path)

    def _plans(self, output: Any) -> None:
        """Routines of which the script says what they come to are there as well."""
        for task in answer(output).tasks:
            names = (task["task"], task.get("routine", ""))
            if task.get("routine") and self._prompter.knows(names):
                self.library.named.add(task["routine"])

    def unknown(self, root: SimulatedRun) -> Iterator[Missing]:
        """What else of its plan is neither there nor scripted, whether or not it has begun."""
        for task in (root.kept.newest(PLAN) or ()) if root.kept else ():
            name, routine = task["task"], task.get("routine", "")
            if not self._prompter.knows((name, routine)) and not self.library.known(routine):
                yield Missing(f"task `{name}` is not scripted", "runs", f"{name}: {{output: ...}}")

    # How a run begins.

    def _named(self, asked: SubRun) -> tuple[tuple[str, ...], int]:
        """The place of the run that is asked for, and its number."""
        step, _, within = asked.path.partition(WITHIN)
        name, number = numbered(within) if within else (step, asked.attempt)
        return (*self.runs[asked.parent].place, name), number

    def _refuse(self, asked: SubRun, why: Failure | None) -> None:
        """No run of it could be made, as it is recorded."""
        if why is not None:
            raise StepFailed(why.kind, why.reason, where=asked.routine)

    def _checked(self, asked: SubRun) -> tuple[StoredRoutine | None, Any]:
        """Its routine where that is known, and its inputs as that takes them."""
        stored = self.library.known(asked.routine)
        try:
            return stored, self._check_inputs(stored, asked.inputs) if stored else asked.inputs
        except BadInputs as error:
            where = error.where or asked.routine
            raise StepFailed("inputs", error.what, where=where) from error

    def _make(self, id_: str, asked: SubRun) -> None:
        parent = self.runs[asked.parent]
        if len(parent.place) >= DEEPEST:
            what = f"runs would lie more than {DEEPEST} deep in each other"
            raise StepFailed("too-deep", what, where=asked.routine)
        if len(self.runs) >= MOST_RUNS:
            what = f"the tree has {MOST_RUNS} runs already"
            raise StepFailed("too-many", what, where=asked.routine)
        place, number = self._named(asked)
        self._refuse(asked, self._prompter.unmade("/".join(place)))
        stored, inputs = self._checked(asked)
        own = limits(stored.definition.get("budget") if stored else None)
        purse = Purse(limits(asked.budget).instead_of(own), parent.purse)
        run = SimulatedRun(
            id=id_,
            parent=parent,
            name=place[-1],
            number=number,
            place=place,
            task=WITHIN in asked.path,
            routine=asked.routine,
            inputs=inputs,
            purse=purse,
            made=self.clock.wall(),
        )
        parent.below.append(run)
        self._begin(run, stored.definition if stored else None)

    def _begin(self, run: SimulatedRun, definition: Any) -> None:
        self._tell_begun(run)
        self._enter(run)
        self._go(run, definition)

    def _enter(self, run: SimulatedRun) -> None:
        self.runs[run.id] = run
        if run.due is not None:
            self.clock.at(run.due, partial(self._late, run))

    def _go(self, run: SimulatedRun, definition: Any) -> None:
        asks = run.routine == APPROVING
        names = ("/".join(run.place), run.name, run.routine)
        said = self._prompter.run(names[:2] if asks or run.routine == HANDING else names, asks=asks)
        if asks:
            said = _decided(run, said)
        if said is not None:
            if definition is not None:
                self._check(run, definition, said)
            self._timers.later(run.id, 0.0, partial(self._work, run, said))
        elif definition is not None:
            self._drive(run, definition)
        elif run.routine != HANDING:
            self.library.sought.add(run.routine)
            what = f"task `{run.path}` is not scripted"
            self.missing.append(Missing(what, "runs", f"{run.name}: {{output: ...}}"))

    def _check(self, run: SimulatedRun, definition: Any, said: Outcome) -> None:
        """Told when all has settled: in a step it would be a failure of the swarm."""
        try:
            check_output(run.path, definition, said)
        except UsageError as error:
            self.wrong = self.wrong or error

    def _drive(self, run: SimulatedRun, definition: Any) -> None:
        routine = Routine(run, definition, self._tools, self)
        self._driven[run.id] = self._routines[run.id] = routine
        self.ready(run)

    def _late(self, run: SimulatedRun) -> None:
        """Its time is over, unless it was given more; nobody drives it while it is paused."""
        if not run.open or run.due is None:
            return
        if self.clock.wall() < run.due:
            self.clock.at(run.due, partial(self._late, run))
        elif run.resting:
            self._overdue.add(run.id)
        else:
            self._overdue.discard(run.id)
            over = OverBudget("the time of its budget is over", where=place_of("time"))
            self.over(run, over)

    def _work(self, run: SimulatedRun, said: Outcome) -> None:
        """What it does is scripted."""
        if not run.open:
            return
        again = partial(self._work, run, said)
        try:
            run.purse.step(run.name, said.steps)
            run.purse.reserve(said.amount)
        except OverBudget as error:
            self.over(run, error, again)
            return
        run.held = said.amount
        takes = said.takes_from(self.clock.passed)
        if isfinite(takes):
            self._timers.later(run.id, takes, partial(self._worked, run, said))

    def _worked(self, run: SimulatedRun, said: Outcome) -> None:
        if not run.open:
            return
        run.purse.settle(run.held)
        run.held = Amount()
        if said.cancelled:
            self.stop(run, "scripted")
        else:
            self.end(run, None if said.failure else said.output, said.failure)

    # What is told.

    def _tell_begun(self, run: SimulatedRun) -> None:
        if run.routine == APPROVING:
            said = short(run.inputs.get("message", ""))
            self.tell("asked", run.path, said, diff_of(run.inputs.get("shows")))
        elif run.routine == HANDING:
            self.tell("handed", run.path, short(run.inputs.get("what", "")))
        else:
            self.tell("begun", run.path, run.routine)
        parent = run.parent
        if run.task and parent is not None and parent.kept is not None:
            beside = [one for one in parent.below if one.open and is_task(one)]
            self.widest = max(self.widest, len(beside))

    def _written(self, run: SimulatedRun, new: Put) -> None:
        at = "/".join((*run.place, ""))
        if new.name == SKIPPED:
            self.tell("skipped", f"{at}{new.value}")
        elif new.name == PROBLEMS:
            self.tell("refused", f"{at}{PLANNING}", short(new.value))
        elif new.name.startswith(BOARD):
            self.tell("board", f"{at}{new.name.removeprefix(BOARD)}", short(new.value))
        elif new.name == PLAN:
            tasks = ", ".join(one["task"] for one in new.value)
            self.tell("plan", run.path, f"tasks {tasks}")
        else:
            self.tell(new.name, run.path, short(new.value))
        self.ready(run)


def is_task(run: SimulatedRun) -> bool:
    """Whether it is one of a plan, and not what a swarm does beside."""
    beside = run.name in (PLANNING, CHECKING) or run.routine == APPROVING
    return run.task and not beside


def _decided(run: SimulatedRun, said: Outcome | None) -> Outcome:
    """A question: nobody decides where the script does not say so, or too late."""
    expires = run.inputs.get("expires")
    most = parse_ago(expires) if expires else float("inf")
    if said is None or said.takes >= most:
        return Outcome(failure=Failure("rejected", "nobody decided in time"), takes=most)
    if said.failure is not None:
        return said
    if not said.approved:
        return Outcome(failure=Failure("rejected", "somebody rejected it"), takes=said.takes)
    if said.output is not None:
        return said
    output = {"approved": True, "by": "somebody", "at": None, "reason": ""}
    return Outcome(output=output, takes=said.takes)

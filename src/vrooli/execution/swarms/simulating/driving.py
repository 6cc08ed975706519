"""Runs a routine in memory: its graph is gone through for real, and so is each step that needs
nothing outside. What the others come to is scripted.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, cast

from vrooli.core.errors import VrooliError
from vrooli.execution.coordinating import Coordinator
from vrooli.execution.executor import StepExecutor
from vrooli.execution.spending import Amount
from vrooli.execution.step_type import StepFailed, StepTools
from vrooli.execution.step_types import read_routine
from vrooli.execution.steps.wait import due_at
from vrooli.execution.subruns import SubRun
from vrooli.execution.swarms.simulating.checking import check_answer
from vrooli.execution.swarms.simulating.clock import VirtualClock
from vrooli.execution.swarms.simulating.kept import SimulatedRun
from vrooli.execution.swarms.simulating.script import Outcome
from vrooli.flow.again import failed, given_up
from vrooli.flow.budget import OverBudget
from vrooli.flow.driver import Parked
from vrooli.flow.entries import Begun, Failure, Finished
from vrooli.flow.failed import failure_of
from vrooli.flow.interpreter import Broken, Call, Interpreter


class Around(Protocol):
    """What drives all runs of a simulation."""

    clock: VirtualClock

    def step(self, run: SimulatedRun, call: Call) -> Outcome | None:
        """What the script says that this step comes to."""
        ...

    def unscripted(self, run: SimulatedRun, call: Call) -> None:
        """It says nothing, and the step needs something outside."""
        ...

    async def begun(self, asked: SubRun) -> str:
        """Start a run below."""
        ...

    def ready(self, run: SimulatedRun) -> None:
        """Go on with it."""
        ...

    def over(self, run: SimulatedRun, error: OverBudget) -> None:
        """It may not go on."""
        ...

    def end(self, run: SimulatedRun, output: Any, failure: Failure | None) -> None:
        """It has come to its end."""
        ...


def tools(clock: VirtualClock, coordinator: Coordinator) -> StepTools:
    """For steps that need nothing else."""
    nothing = cast("Any", None)
    parts = dict.fromkeys(("http", "sandbox", "sql", "secrets", "workspaces", "models"), nothing)
    return StepTools(clock=clock, coordinator=coordinator, **parts)


class Routine:
    """One run of it.

    Args:
        run: which.
        definition: of the routine.
        given: for its steps.
        around: drives all.
    """

    def __init__(
        self, run: SimulatedRun, definition: Any, given: StepTools, around: Around
    ) -> None:
        self._run, self._around = run, around
        self._routine = read_routine(definition)
        self._interpreter = Interpreter(self._routine, run.inputs)
        self._ended = list[Finished]()
        self._executor = StepExecutor(run.id, given)
        self._begun = dict[tuple[str, int], float]()
        self._pauses = dict[tuple[str, int], float]()
        self._looks = set[float]()

    async def go(self) -> None:
        """As far as it goes by now."""
        while self._run.open and self._run.status != "paused" and not self._run.resting:
            calls, end = self._interpreter.next()
            if end is not None:
                failure = end.failure if isinstance(end, Broken) else None
                self._around.end(self._run, None if isinstance(end, Broken) else end.value, failure)
                return
            moved = [await self._moved(call) for call in calls]
            if not any(moved):
                return

    def again(self) -> None:
        """It is tried again after its end: what was done stays done. See `runs.control.Control`."""
        failures = failed(self._routine, self._run.inputs, self._ended)
        done = {one.path for one in self._ended} - failures
        entries = [Begun(path, attempt, "", None, 0.0) for path, attempt in self._begun]
        self._interpreter = Interpreter(self._routine, self._run.inputs)
        for one in self._ended:
            self._interpreter.finish(one)
        for path, attempt in given_up(entries, done).items():
            self._interpreter.again(path, attempt)

    def ended(self, below: SimulatedRun) -> None:
        """A run ended that one of its steps started."""
        failure = below.failure
        if below.status == "cancelled":
            said = "the run of the routine was cancelled"
            failure = Failure("cancelled", said, where=below.id)
        self._finish((below.name, below.number, "routine"), below.output, failure)

    async def _moved(self, call: Call) -> bool:
        """Whether the step has ended at once."""
        key, now = (call.path, call.attempt), self._around.clock.wall()
        if key not in self._begun:
            if call.pause and not self._waited(call, now):
                return False
            self._interpreter.begin(*key)
            try:
                self._run.purse.step(call.path)
            except OverBudget as error:
                self._around.over(self._run, error)
                return False
            self._begun[key] = now
            if call.node.type != "swarm":
                return await self._begin(call, now)
        return call.node.type == "swarm" and await self._executed(call)

    def _waited(self, call: Call, now: float) -> bool:
        """Whether the pause before it is over."""
        key = (call.path, call.attempt)
        if key not in self._pauses:
            self._pauses[key] = now + call.pause
            self._around.clock.at(self._pauses[key], partial(self._around.ready, self._run))
        return self._pauses[key] <= now

    async def _begin(self, call: Call, now: float) -> bool:
        said = self._around.step(self._run, call)
        if said is not None:
            if call.node.type == "llm":
                check_answer(self._run.path, call.path, call.arguments, said)
            return self._scripted(call, said)
        if call.node.type == "value":
            return await self._executed(call)
        if call.node.type == "routine":
            return await self._below(call)
        if call.node.type == "wait" and "signal" not in call.arguments:
            return self._wait(call, now)
        self._around.unscripted(self._run, call)
        return False

    async def _executed(self, call: Call) -> bool:
        """For real."""
        begun = self._begun[call.path, call.attempt]
        try:
            self._note(await self._executor.execute(call, begun))
        except Parked as parked:
            if parked.until is not None and parked.until not in self._looks:
                self._looks.add(parked.until)
                self._around.clock.at(parked.until, partial(self._around.ready, self._run))
            return False
        return True

    async def _below(self, call: Call) -> bool:
        given, place = call.arguments, (self._run.id, call.path, call.attempt)
        asked = SubRun(*place, given["name"], given.get("inputs", {}), given.get("budget"))
        try:
            await self._around.begun(asked)
        except StepFailed as error:
            self._finish((*place[1:], "routine"), None, failure_of(error))
            return True
        return False

    def _wait(self, call: Call, now: float) -> bool:
        place = (call.path, call.attempt, "wait")
        try:
            due = due_at(call.arguments, now)
        except VrooliError as error:
            self._finish(place, None, failure_of(error))
            return True
        assert due is not None  # it waits for no signal
        output = {"due": datetime.fromtimestamp(due, UTC).isoformat()}
        self._around.clock.at(due, partial(self._finish, place, output, None))
        return False

    def _scripted(self, call: Call, said: Outcome) -> bool:
        """It ends later, be it in no time."""
        output, failure = _value(call, said), said.failure
        takes = said.takes
        if takes > call.node.timeout:
            why = f"no end within {call.node.timeout:g} s"
            takes, failure = call.node.timeout, Failure("timeout", why, retryable=True)
        try:
            self._run.purse.reserve(said.amount)
        except OverBudget as error:
            if self._run.purse.pauses:
                del self._begun[call.path, call.attempt]
                self._around.over(self._run, error)
                return False
            takes, failure, said = 0.0, error.failure, Outcome()
        place = (call.path, call.attempt, call.node.type)
        end = partial(self._paid, place, output, failure, said.amount)
        self._around.clock.at(self._around.clock.wall() + takes, end)
        return False

    def _paid(
        self, place: tuple[str, int, str], output: Any, failure: Failure | None, amount: Amount
    ) -> None:
        self._run.purse.settle(amount)
        self._finish(place, None if failure else output, failure)

    def _finish(self, place: tuple[str, int, str], output: Any, failure: Failure | None) -> None:
        self._note(Finished(*place, output, failure, self._around.clock.wall()))
        self._around.ready(self._run)

    def _note(self, entry: Finished) -> None:
        self._ended.append(entry)
        self._interpreter.finish(entry)


def _value(call: Call, said: Outcome) -> Any:
    """What the step comes to: of a model what it answers, as the step tells it."""
    if said.answer is None:
        return said.output
    arguments: Mapping[str, Any] = call.arguments
    asked = "output" in arguments
    text = said.answer if isinstance(said.answer, str) else json.dumps(said.answer)
    usage = {"requests": 1, "tokens": said.amount.tokens, "micros": said.amount.micros}
    told = {"model": arguments.get("model", ""), "usage": usage}
    return {"json": said.answer, **told} if asked else {"text": text, **told}

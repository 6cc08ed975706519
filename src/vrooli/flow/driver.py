"""Drives one run: asks the interpreter, has steps executed, writes down what became of them."""

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.flow.budget import OverBudget, place_of
from vrooli.flow.entries import Again, Begun, Failure, Finished
from vrooli.flow.interpreter import Broken, Call, Done, Interpreter
from vrooli.flow.journal import Journal, Written
from vrooli.flow.model import Routine
from vrooli.flow.patience import patiently

LOOK = 30.0
"""Seconds after which what is parked looks again by itself, beside steps that run."""

SHORTEST = 0.5
"""Seconds between two such looks: its clock may not be that by which the time is judged."""
MOMENT = 1.0
"""Seconds after which those who watch are told of a step that may be repeated: the beginning of a
shorter one costs a write and tells nobody anything.
"""


class Fenced(VrooliError):
    """The run belongs to somebody else by now. A normal end for whoever drove it."""


STAYS = 5.0
"""Seconds that are waited out in place: to set a run down and take it up again costs a few writes,
and up to a sweep of time. Longer ones take nobody's place.
"""


class Parked(Exception):
    """A lasting step has nothing to do until somebody decides, or a time has come. It is executed
    again then.

    Args:
        until: unix seconds; None when only a decision moves it.
        seen: how many decisions there were in the run when it looked; None when it waits for none.
    """

    def __init__(self, until: float | None, seen: int | None = None) -> None:
        super().__init__(until, seen)
        self.until, self.seen = until, seen


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run in which all that is under way is parked; nothing is lost when nobody drives it.

    Attributes:
        until: unix seconds when it is to go on by itself; None when only a decision moves it.
        seen: how many decisions there were when the step that looked first did so; None when all
            of them wait for their time alone.
    """

    until: float | None
    seen: int | None


@dataclass(frozen=True, slots=True)
class Paused:
    """A run in which nothing is under way, because it was to pause."""


class Drained(VrooliError):
    """It was asked to begin nothing more, and what had to end has. Another goes on from here."""


class Executor(Protocol):
    """Executes steps."""

    async def execute(self, call: Call, begun: float) -> Finished:
        """Once, within the step's own time. Never raises but when it is cancelled, `Parked` of one
        that is lasting, and `OverBudget` when the run is to pause for it. `begun` is when the
        attempt first began, unix seconds.
        """
        ...

    def repeatable(self, call: Call) -> bool:
        """Whether nobody is harmed when it is executed twice: then its beginning need not be
        durable before it begins.
        """
        ...

    def lasting(self, call: Call) -> bool:
        """Whether it goes on after a crash where it was: its beginning is durable before it begins,
        and told to it again.
        """
        ...


End = Done | Broken | Waiting | Paused


class Driver:
    """One run from where its journal stands to its end."""

    def __init__(
        self, routine: Routine, inputs: object, journal: Journal, executor: Executor, clock: Clock
    ) -> None:
        self._interpreter = Interpreter(routine, inputs)
        self._journal, self._executor, self._clock = journal, executor, clock
        self._running: dict[str, asyncio.Task[Finished]] = {}
        self._begun_before: dict[tuple[str, int], float] = {}
        self._light: set[str] = set()  # running, and may be put down: it goes on where it was
        self._parked: dict[str, Parked] = {}
        self._failed_at: dict[tuple[str, int], float] = {}  # attempts, by the clock on the wall
        self._pausing, self._asked = False, -math.inf
        self._news: asyncio.Future[None] | None = None
        self._stirred = asyncio.Event()
        self._lasting: set[str] = set()
        self._telling: set[asyncio.Task[None]] = set()
        self._draining = False
        self.let_end: set[str] = set()  # paths of steps under way that nobody may repeat

    def drain(self) -> bool:
        """Begin nothing more. Whether something is under way that must be let end: then `run` ends
        after it, else whoever drives may be cancelled at once.
        """
        self._draining = True
        for path in self._running.keys() - self.let_end:
            self._running.pop(path).cancel()
        return bool(self.let_end)

    def pause(self) -> None:
        """Begin no new step; `run` returns when what runs has ended. What only waits is put
        down.
        """
        self._pausing, self._asked = True, self._clock.monotonic()
        self._told()

    def go_on(self, since: float = math.inf) -> None:
        """It is not to pause any more, unless that was asked after `since`, monotonic seconds."""
        if self._pausing and self._asked < since:
            self._pausing = False
            self._told()

    def stir(self, decisions: int | None = None) -> None:
        """Something was decided: what is parked looks again, unless it has seen that many."""
        if decisions is None or any(seen < decisions for seen in self._seen()):
            self._stirred.set()
            self._stirred = asyncio.Event()

    async def run(self) -> End:
        """What it came to.

        Raises:
            Fenced: somebody else has it now.
            OverBudget: it may not go on.
            Drained: `drain` was called, and what must end has.
            VrooliError: the journal can neither be read nor written.
        """
        for entry in await patiently(self._clock, self._journal.read):
            if isinstance(entry, Finished):
                self._finish(entry, entry.at)
            elif isinstance(entry, Again):
                self._interpreter.again(entry.path, entry.attempt)
            else:
                self._interpreter.begin(entry.path, entry.attempt)
                self._begun_before[entry.path, entry.attempt] = entry.at
        try:
            return await self._to_its_end()
        finally:
            tasks = (*self._running.values(), *self._telling)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _to_its_end(self) -> End:
        while True:
            calls, end = self._interpreter.next()
            if end is not None:
                return end
            if self._pausing:
                staying = self._running.keys() - self._light
                calls = [call for call in calls if call.path in staying]
            if self._draining and not self._running:
                raise Drained("another goes on with it")
            if len(calls) == 1 and not self._running and not self._is_light(calls[0]):
                # The usual case, and a task would cost more than a small step.
                self._finish(await self._attempt(calls[0]))
                continue
            if not self._draining:
                self._start(calls)
            if not self._running:
                return Paused()
            if self._parked.keys() == self._running.keys():
                return self._waiting()
            await self._something()

    def _waiting(self) -> Waiting:
        times = [one.until for one in self._parked.values() if one.until is not None]
        return Waiting(min(times, default=None), min(self._seen(), default=None))

    def _seen(self) -> list[int]:
        return [one.seen for one in self._parked.values() if one.seen is not None]

    async def _something(self) -> None:
        """Until a step has ended or was parked, or it is to pause or to go on."""
        self._news = asyncio.get_running_loop().create_future()
        waited: list[asyncio.Future[Any]] = [*self._running.values(), self._news]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in self._running.values() if task.done()]:
            finished = await self._result(task)
            del self._running[finished.path]
            self._finish(finished)

    def _finish(self, finished: Finished, at: float | None = None) -> None:
        """It ended just now, or at that time."""
        if finished.failure is not None:
            key = finished.path, finished.attempt
            self._failed_at[key] = self._clock.wall() if at is None else at
        self._interpreter.finish(finished)

    def _told(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _is_light(self, call: Call) -> bool:
        return call.pause > 0 or self._executor.lasting(call)

    async def _result(self, task: "asyncio.Task[Finished]") -> Finished:
        """What became of a step. When it may not be, what runs beside it ends first: cut off, its
        effect would be unknown. What ends at a time of its own goes on where it was.
        """
        try:
            return task.result()
        except OverBudget:
            begun = self._interpreter.begun.keys() - self._lasting
            await asyncio.gather(
                *(one for path, one in self._running.items() if path in begun),
                return_exceptions=True,
            )
            raise

    def _start(self, calls: Sequence[Call]) -> None:
        """What is told and does not run yet; what is told no more still waited for its time."""
        for path in self._running.keys() - {call.path for call in calls}:
            self._running.pop(path).cancel()
            self._parked.pop(path, None)
        for call in calls:
            if call.path not in self._running:
                if self._executor.lasting(call):
                    self._lasting.add(call.path)
                if not call.pause:
                    self._interpreter.begin(call.path, call.attempt)
                if self._is_light(call):
                    self._light.add(call.path)
                self._running[call.path] = asyncio.create_task(self._attempt(call))

    async def _attempt(self, call: Call) -> Finished:
        if call.pause:
            await self._between(call)
        if not self._executor.lasting(call):
            self._light.discard(call.path)
        self._interpreter.begin(call.path, call.attempt)
        lasting, repeatable = self._executor.lasting(call), self._executor.repeatable(call)
        if not (lasting or repeatable):
            self.let_end.add(call.path)
        try:
            return await self._through(call, lasting=lasting, repeatable=repeatable)
        finally:
            self.let_end.discard(call.path)

    async def _between(self, call: Call) -> None:
        """Until the pause after the attempt before is over, of which some may have passed in
        another process. A long one takes nobody's place meanwhile.
        """
        now = self._clock.wall()
        until = self._failed_at.get((call.path, call.attempt - 1), now) + call.pause
        left = min(call.pause, until - now)  # also when the clock was put back
        if left > STAYS:
            self._parked[call.path] = Parked(now + left)
            self._told()
        try:
            await self._clock.sleep(max(0.0, left))
        finally:
            self._parked.pop(call.path, None)

    async def _through(self, call: Call, *, lasting: bool, repeatable: bool) -> Finished:
        """From its beginning to its end, both written down as need be."""
        before = self._begun_before.get((call.path, call.attempt))
        if before is not None and not (lasting or repeatable):
            # Nobody repeats that unasked: it may have been done.
            reason = "it was begun before a crash, and nobody knows whether it was done"
            failure = Failure("unknown-effect", reason, where=call.path)
            failed = self._failed(call.path, call.attempt, call.node.type, failure)
            return await self._ended(failed)
        began = self._clock.wall() if before is None else before
        if before is None and (lasting or not repeatable):
            earlier = await self._begun(call, began)
            if earlier is not None:
                return earlier
        if lasting:  # a pause may put it down, and then it goes on where it was
            self._begun_before[call.path, call.attempt] = began
        if before is not None or lasting or not repeatable:
            return await self._ended(await self._executed(call, began))
        telling = asyncio.get_running_loop().call_later(MOMENT, self._tell, call, began)
        try:
            return await self._ended(await self._executed(call, began))
        finally:
            telling.cancel()

    async def _executed(self, call: Call, began: float) -> Finished:
        while True:
            stirred = self._stirred
            try:
                return await self._executor.execute(call, began)
            except Parked as parked:
                self._parked[call.path] = parked
            self._told()
            try:
                await self._moved(stirred, self._parked[call.path].until)
            finally:
                self._parked.pop(call.path, None)

    async def _moved(self, stirred: asyncio.Event, until: float | None) -> None:
        """Until somebody says that something was decided, or it is time to look again."""
        pause = LOOK if until is None else min(LOOK, max(SHORTEST, until - self._clock.wall()))
        either = [asyncio.ensure_future(one) for one in (stirred.wait(), self._clock.sleep(pause))]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in either:
                one.cancel()

    def _tell(self, call: Call, began: float) -> None:
        """Have its beginning written down after all, for those who watch: it takes longer. The step
        does not wait for that, and nothing depends on it.
        """
        task = asyncio.create_task(self._write_beginning(call, began))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _write_beginning(self, call: Call, began: float) -> None:
        begun = Begun(call.path, call.attempt, call.node.type, call.arguments, began)
        with suppress(VrooliError):
            await self._journal.write(begun)

    async def _begun(self, call: Call, at: float) -> Finished | None:
        """Its beginning is written down, unless it has ended already."""
        begun = Begun(call.path, call.attempt, call.node.type, call.arguments, at)
        try:
            return await self._write(begun)
        except (Fenced, OverBudget):
            raise
        except VrooliError as error:
            return await self._unstorable(begun, "arguments", error)

    async def _ended(self, finished: Finished) -> Finished:
        """The end that counts, written down."""
        try:
            return await self._write(finished) or finished
        except (Fenced, OverBudget):
            raise
        except VrooliError as error:
            return await self._unstorable(finished, "output", error)

    async def _unstorable(self, entry: Begun | Finished, what: str, error: VrooliError) -> Finished:
        """Let go, the run would come to this place again and again; so the attempt has failed.
        When that cannot be written either, it is not because of the entry.
        """
        failure = Failure("unstorable", f"its {what} cannot be stored: {error.what}", entry.path)
        finished = self._failed(entry.path, entry.attempt, entry.type, failure)
        return await self._write(finished) or finished

    def _failed(self, path: str, attempt: int, type: str, failure: Failure) -> Finished:
        return Finished(path, attempt, type, None, failure, self._clock.wall())

    async def _write(self, entry: Begun | Finished) -> Finished | None:
        """Until it is durable: what was done must not be done again because of a short outage.

        An end that this attempt had already counts instead, and is returned.
        """
        return await patiently(self._clock, lambda: self._try(entry))

    async def _try(self, entry: Begun | Finished) -> Finished | None:
        written = await self._journal.write(entry)
        if written is Written.FENCED:
            raise Fenced("the run was taken over, or has ended", where=entry.path)
        if written is Written.OVER:
            what = f"the budget has no step left for `{entry.path}`"
            raise OverBudget(what, where=place_of("steps"))
        return await self._earlier(entry) if written is Written.DUPLICATE else None

    async def _earlier(self, entry: Begun | Finished) -> Finished | None:
        for known in await self._journal.read():
            same = (known.path, known.attempt) == (entry.path, entry.attempt)
            if same and isinstance(known, Finished):
                return known
        return None

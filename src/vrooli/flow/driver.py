"""Drives one run: asks the interpreter, has steps executed, writes down what became of them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.flow.entries import Begun, Failure, Finished
from vrooli.flow.interpreter import Broken, Call, Done, Interpreter
from vrooli.flow.journal import Journal, Written
from vrooli.flow.model import Routine
from vrooli.flow.patience import patiently

MOMENT = 1.0
"""Seconds after which those who watch are told of a step that may be repeated: the beginning of a
shorter one costs a write and tells nobody anything.
"""


class Fenced(VrooliError):
    """The run belongs to somebody else by now. A normal end for whoever drove it."""


class Executor(Protocol):
    """Executes steps."""

    async def execute(self, call: Call, begun: float) -> Finished:
        """Once, within the step's own time. Never raises but when it is cancelled. `begun` is when
        the attempt first began, unix seconds.
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


class Driver:
    """One run from where its journal stands to its end."""

    def __init__(
        self, routine: Routine, inputs: object, journal: Journal, executor: Executor, clock: Clock
    ) -> None:
        self._interpreter = Interpreter(routine, inputs)
        self._journal, self._executor, self._clock = journal, executor, clock
        self._running: dict[str, asyncio.Task[Finished]] = {}
        self._begun_before: dict[tuple[str, int], float] = {}
        self._telling: set[asyncio.Task[None]] = set()

    async def run(self) -> Done | Broken:
        """What it came to.

        Raises:
            Fenced: somebody else has it now.
            VrooliError: the journal can neither be read nor written.
        """
        for entry in await patiently(self._clock, self._journal.read):
            if isinstance(entry, Finished):
                self._interpreter.finish(entry)
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

    async def _to_its_end(self) -> Done | Broken:
        while True:
            calls, end = self._interpreter.next()
            if end is not None:
                return end
            if len(calls) == 1 and not self._running:
                # The usual case, and a task would cost more than a small step.
                self._interpreter.finish(await self._attempt(calls[0]))
                continue
            self._start(calls)
            done, _ = await asyncio.wait(
                self._running.values(), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                finished = task.result()
                del self._running[finished.path]
                self._interpreter.finish(finished)

    def _start(self, calls: Sequence[Call]) -> None:
        """What is told and does not run yet; what is told no more still waited for its time."""
        for path in self._running.keys() - {call.path for call in calls}:
            self._running.pop(path).cancel()
        for call in calls:
            if call.path not in self._running:
                if not call.pause:
                    self._interpreter.begin(call.path, call.attempt)
                self._running[call.path] = asyncio.create_task(self._attempt(call))

    async def _attempt(self, call: Call) -> Finished:
        if call.pause:
            await self._clock.sleep(call.pause)
        self._interpreter.begin(call.path, call.attempt)
        lasting, repeatable = self._executor.lasting(call), self._executor.repeatable(call)
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
        if before is not None or lasting or not repeatable:
            return await self._ended(await self._executor.execute(call, began))
        telling = asyncio.get_running_loop().call_later(MOMENT, self._tell, call, began)
        try:
            return await self._ended(await self._executor.execute(call, began))
        finally:
            telling.cancel()

    def _tell(self, call: Call, began: float) -> None:
        """Have its beginning written down after all, for those who watch: it takes longer. The step
        does not wait for that, and nothing depends on it.
        """
        task = asyncio.create_task(self._told(call, began))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _told(self, call: Call, began: float) -> None:
        begun = Begun(call.path, call.attempt, call.node.type, call.arguments, began)
        with suppress(VrooliError):
            await self._journal.write(begun)

    async def _begun(self, call: Call, at: float) -> Finished | None:
        """Its beginning is written down, unless it has ended already."""
        begun = Begun(call.path, call.attempt, call.node.type, call.arguments, at)
        try:
            return await self._write(begun)
        except Fenced:
            raise
        except VrooliError as error:
            return await self._unstorable(begun, "arguments", error)

    async def _ended(self, finished: Finished) -> Finished:
        """The end that counts, written down."""
        try:
            return await self._write(finished) or finished
        except Fenced:
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
        return await self._earlier(entry) if written is Written.DUPLICATE else None

    async def _earlier(self, entry: Begun | Finished) -> Finished | None:
        for known in await self._journal.read():
            if (known.path, known.attempt) == (entry.path, entry.attempt):
                return known if isinstance(known, Finished) else None
        return None

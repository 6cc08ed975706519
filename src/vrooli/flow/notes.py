"""What a step did inside itself, each thing written down once it is done, so that a later attempt
of the step goes on where this one ended.

They are entries of the run's journal, below the path of their step: `answer/model[1]`.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.flow.again import counting
from vrooli.flow.driver import Fenced
from vrooli.flow.entries import Again, Begun, Entry, Failure, Finished, Told
from vrooli.flow.failed import Failed, failure_of
from vrooli.flow.gist import SAYS
from vrooli.flow.journal import Journal, Written
from vrooli.flow.patience import patiently
from vrooli.flow.stored import stored

WITHIN = "/"
"""Between the path of a step and the name of a note. No id of a step holds it."""

LARGEST = 4 * 1024 * 1024
"""Characters of what is noted, as JSON."""


def is_note(path: str) -> bool:
    """Whether an entry at this path is about a note. A note is no step: it is counted nowhere, and
    no limit on steps keeps it from being written.
    """
    return WITHIN in path


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a step does.

    Attributes:
        name: unique in its step and the same in every attempt, like `tool[1]`.
        type: what it is, like `tool`.
        request: what is asked, any JSON value. What was answered to another is no answer to this.
        repeatable: whether nobody is harmed when it is done twice.
        says: what it is, for those who watch; empty: its type says enough.
    """

    name: str
    type: str
    request: Any
    repeatable: bool
    says: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One time that it is done.

    Attributes:
        key: the same whenever the same is asked in this place, and no other.
        number: from 1; the same again after a crash in the middle of something repeatable.
    """

    key: str
    number: int


Work = Callable[[Turn], Awaitable[Any]]
"""Does it; any JSON value."""


class Notes(Protocol):
    """Of one step."""

    async def once(self, note: Note, work: Work) -> Any:
        """What `work` came to, now or in an earlier attempt of the step.

        What was done is durable when this returns. Where it is not repeatable, its beginning is
        durable before it begins.

        Raises:
            Failed: `unknown-effect`, it was begun earlier, is not repeatable, and nobody knows
                whether it was done.
            Fenced: the run is somebody else's.
            VrooliError: whatever `work` raises, written down; it is done again when it is asked
                again.
        """
        ...


class NoNotes:
    """Of a step that need not go on where it was: everything is done whenever it is asked."""

    async def once(self, note: Note, work: Work) -> Any:
        """See the port."""
        return await work(Turn(f"{note.name}:{_digest(note.request)[:16]}", 1))


class Notebook:
    """The journal of a run for its driver, which sees steps only, and the notes of those steps.

    What was read at the start and written since is kept until the step has worked, so that notes
    cost no further look at the journal.
    """

    def __init__(self, run: str, journal: Journal, clock: Clock) -> None:
        self.run = run
        self._journal, self._clock = journal, clock
        self._kept: dict[str, dict[tuple[str, int], Entry]] = defaultdict(dict)
        self._last: dict[str, int] = {}

    async def read(self) -> list[Told]:
        """See `Journal`; without what lies within steps."""
        entries = await self._journal.read()
        steps = [entry for entry in entries if not is_note(entry.path)]
        completed: set[str] = set()
        for entry in entries:
            if isinstance(entry, Again):
                if entry.path in completed:
                    self._kept.pop(entry.path, None)  # it is to be done anew, all of it
            else:
                self._keep(entry)
                if isinstance(entry, Finished) and entry.failure is None:
                    completed.add(entry.path)
        for entry in counting(steps):
            self._forget(entry)
        return steps

    async def write(self, entry: Entry) -> Written:
        """See `Journal`."""
        written = await self._journal.write(entry)
        self._forget(entry)
        return written

    def of(self, path: str) -> "StepNotes":
        """Those of the step at this path."""
        return StepNotes(self, path)

    def earlier(self, step: str, path: str) -> list[Entry]:
        """What is known of a note, the first attempt first."""
        known = self._kept.get(step, {})
        return [known[key] for key in sorted(known) if key[0] == path]

    def next_number(self, step: str, path: str) -> int:
        """Of the next time that it is done; what was begun and is repeatable is begun again."""
        last = self._last.get(path, 0)
        under_way = isinstance(self._kept.get(step, {}).get((path, last)), Begun)
        return last if under_way else last + 1

    async def begin(self, begun: Begun) -> None:
        """Durable when it returns."""
        await self._write(begun)
        self._keep(begun)

    async def end(self, finished: Finished) -> Finished:
        """Likewise, as it will be read back."""
        row = stored(finished)
        if len(row.output or "") > LARGEST:
            raise Failed("output", f"it has more than {LARGEST} characters", where=finished.path)
        entry = row.entry()
        assert isinstance(entry, Finished)
        # Before it is written: whoever is cancelled meanwhile need not do it again.
        self._keep(entry)
        await self._write(entry)
        return entry

    def now(self) -> float:
        """Unix seconds."""
        return self._clock.wall()

    async def _write(self, entry: Entry) -> None:
        written = await patiently(self._clock, lambda: self._journal.write(entry))
        # A duplicate is ours: its writer was cancelled, or the answer got lost.
        if written is Written.FENCED:
            raise Fenced("the run was taken over, or has ended", where=entry.path)

    def _keep(self, entry: Entry) -> None:
        step, within, _ = entry.path.partition(WITHIN)
        if within:
            self._last[entry.path] = max(entry.attempt, self._last.get(entry.path, 0))
            known, key = self._kept[step], (entry.path, entry.attempt)
            if isinstance(entry, Finished) or key not in known:  # its end may not be durable yet
                known[key] = entry

    def _forget(self, entry: Entry) -> None:
        if isinstance(entry, Finished) and entry.failure is None:
            self._kept.pop(entry.path, None)


class StepNotes:
    """See `Notes`, in the journal of the run."""

    def __init__(self, book: Notebook, step: str) -> None:
        self._book, self._step = book, step

    async def once(self, note: Note, work: Work) -> Any:
        """See the port."""
        path, digest = f"{self._step}{WITHIN}{note.name}", _digest(note.request)
        earlier = self._book.earlier(self._step, path)
        for entry in earlier:
            if isinstance(entry, Finished) and entry.failure is None:
                if entry.output["request"] == digest:
                    return entry.output["value"]
            elif isinstance(entry, Begun) and not note.repeatable:
                raise await self._unknown(entry)
        turn = Turn(
            f"{self._book.run}:{path}:{digest[:16]}", self._book.next_number(self._step, path)
        )
        if not note.repeatable:
            asked = {"request": digest, "asked": note.request}
            await self._book.begin(Begun(path, turn.number, note.type, asked, self._book.now()))
        begun = Begun(path, turn.number, note.type, digest, 0.0)
        return await self._done(begun, turn, work, note.says)

    async def _done(self, begun: Begun, turn: Turn, work: Work, says: str) -> Any:
        try:
            value = await work(turn)
        except VrooliError as error:
            await self._end(begun, None, failure_of(error))
            raise
        more = {SAYS: says} if says else {}
        ended = await self._end(begun, {"request": begun.arguments, "value": value, **more})
        return ended.output["value"]

    async def _unknown(self, begun: Begun) -> Failed:
        what = "it was begun before, and nobody knows whether it was done"
        error = Failed("unknown-effect", what, where=begun.path)
        await self._end(begun, None, failure_of(error))
        return error

    async def _end(self, begun: Begun, output: Any, failure: Failure | None = None) -> Finished:
        head = (begun.path, begun.attempt, begun.type)
        return await self._book.end(Finished(*head, output, failure, self._book.now()))


def _digest(request: Any) -> str:
    text = json.dumps(request, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

"""Port `vrooli.flow.journal.Journal`, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vrooli.core.errors import Refused, VrooliError
from vrooli.flow.entries import Again, Entry, Told
from vrooli.flow.journal import Written
from vrooli.flow.stored import Stored, stored


@dataclass
class _Run:
    fence: int = 0
    ended: bool = False
    rows: dict[tuple[str, int], Stored] = field(default_factory=dict)
    given_up: list[tuple[int, Again]] = field(default_factory=list)  # after so many rows

    def told(self) -> list[Told]:
        """All that is in it, in its order."""
        entries = [row.entry() for row in self.rows.values()]
        for rows, again in reversed(self.given_up):
            entries.insert(rows, again)
        return entries


class MemoryJournals:
    """Of all runs.

    Attributes:
        failure: when set, raised by every read and write, which then keeps nothing.
    """

    def __init__(self) -> None:
        self.failure: VrooliError | None = None
        self._runs: dict[str, _Run] = {}

    async def claim(self, run: str) -> "MemoryJournal":
        """Its journal, for its only owner from now on; `Refused` when it has ended."""
        state = self._runs.setdefault(run, _Run())
        if state.ended:
            raise Refused("the run has ended", where=run, next_step="nothing more is written of it")
        state.fence += 1
        return MemoryJournal(self, state, state.fence)

    async def end(self, run: str) -> None:
        """Nothing is written any more."""
        self._runs.setdefault(run, _Run()).ended = True

    async def read(self, run: str) -> list[Told]:
        """See the port."""
        return self._runs[run].told()

    async def again(self, run: str, given_up: Mapping[str, int]) -> None:
        """Let it go on after its end; by path the attempt up to which nothing counts any more."""
        state = self._runs[run]
        state.ended = False
        state.fence += 1
        state.given_up += [(len(state.rows), Again(*one)) for one in given_up.items()]


class MemoryJournal:
    """Of one run."""

    def __init__(self, journals: MemoryJournals, run: _Run, fence: int) -> None:
        self._journals, self._run, self._fence = journals, run, fence

    async def read(self) -> list[Told]:
        """See the port."""
        self._work()
        return self._run.told()

    async def write(self, entry: Entry) -> Written:
        """See the port."""
        self._work()
        row = stored(entry)
        if self._run.ended or self._run.fence != self._fence:
            return Written.FENCED
        known = self._run.rows.get((row.path, row.attempt))
        if known is not None and (known.status != "begun" or row.status == "begun"):
            return Written.DUPLICATE
        self._run.rows[row.path, row.attempt] = row
        return Written.DONE

    def _work(self) -> None:
        if self._journals.failure is not None:
            raise self._journals.failure

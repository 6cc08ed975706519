"""What is written down about jobs: their memory, and every run in the history."""

import logging
from typing import Any

from vrooli.autoheal.events import Events
from vrooli.autoheal.history import History
from vrooli.autoheal.jobs.run import Outcome, Run
from vrooli.autoheal.jobs.state import JobState
from vrooli.autoheal.record import Kind, Record
from vrooli.core.errors import StorageError
from vrooli.core.ports.clock import Clock
from vrooli.stack.model import Job

_log = logging.getLogger(__name__)

PREFIX = "job:"
"""Before the name: the key of a job's memory in the spool."""

HAPPENINGS = frozenset({"started", "refused", "skipped", "set back", *map(str, Outcome)})
"""What records of jobs say."""

AROUND = 4
"""Records of a job's check that are read for each record of the job itself that is wanted."""


class Book:
    """History and memory of jobs."""

    def __init__(self, history: History, events: Events, clock: Clock) -> None:
        self._history, self._events, self._clock = history, events, clock

    async def load(self) -> dict[str, JobState]:
        """The memory of every job. What cannot be read is left out: such a job begins anew."""
        try:
            saved = await self._history.all_state(PREFIX)
        except StorageError as error:
            _log.warning("jobs: %s", error)
            return {}
        found = {}
        for key, value in saved.items():
            try:
                found[key.removeprefix(PREFIX)] = JobState.from_json(value)
            except (KeyError, TypeError, ValueError, AttributeError):
                _log.warning("the memory of job %s is damaged; it begins anew", key)
        return found

    async def remember(self, name: str, state: JobState | None) -> None:
        """Keep what is known of a job, or with None forget it."""
        value = state and state.to_json()
        try:
            await self._history.put_state(f"{PREFIX}{name}", value)
        except StorageError as error:
            _log.warning("job %s: %s", name, error)

    async def begin(self, job: Job, state: JobState, run: Run) -> None:
        """A run is about to start. Durable when this returns: it is never started twice.

        Raises:
            StorageError: it is not, so it must not start.
        """
        record = self._record(job, "started", run)
        await self._history.commit_with_state(record, {f"{PREFIX}{job.name}": state.to_json()})
        self._publish(record)

    async def end(self, job: Job, state: JobState, run: Run) -> None:
        """A run has ended, or was missed. A full disk keeps it waiting in memory."""
        record = self._record(job, str(run.outcome), run)
        try:
            await self._history.commit_with_state(record, {f"{PREFIX}{job.name}": state.to_json()})
        except StorageError as error:
            _log.warning("job %s: %s", job.name, error)
        self._publish(record)

    def note(self, job: Job, what: str, reason: str, **data: Any) -> None:
        """Something that is no run: `refused`, `skipped`. Nobody waits for the disk."""
        words = {"message": f"{what}: {reason}", "reason": reason}
        record = self._made(job, what, None, {"what": what, **words, **data})
        self._history.append(record)
        self._publish(record)

    async def history(self, job: Job, limit: int, since: float) -> list[dict[str, Any]]:
        """What happened to a job, the newest first. Of its check there is more in the history:
        pages and their ends, for one.
        """
        records = await self._history.records(
            "event", job.check_id, since=since, limit=AROUND * limit
        )
        mine = [record for record in records if record.data.get("what") in HAPPENINGS]
        return [{"at": record.at, **record.data} for record in mine[:limit]]

    def _record(self, job: Job, what: str, run: Run) -> Record:
        data = {"what": what, "message": run.words, **run.to_json()}
        return self._made(job, what, run.seconds, data)

    def _made(self, job: Job, what: str, value: float | None, data: dict[str, Any]) -> Record:
        return Record(Kind.EVENT, job.check_id, what, value, data, self._clock.wall())

    def _publish(self, record: Record) -> None:
        self._events.publish("event", {"subject": record.subject, **record.data})

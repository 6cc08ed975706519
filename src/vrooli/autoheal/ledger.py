"""What the watchdog writes down, and what it does when the disk cannot take it: it goes on healing,
and says so.
"""

import asyncio
from collections.abc import Collection, Coroutine
from dataclasses import asdict
from typing import Any

from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.events import Events
from vrooli.autoheal.heal import Heal, Outcome, newest
from vrooli.autoheal.history import History
from vrooli.autoheal.policy import Case, Decision
from vrooli.autoheal.queries import MAX_ROWS
from vrooli.autoheal.record import Entry, Kind, Record
from vrooli.core.errors import StorageError
from vrooli.core.launch import Exit
from vrooli.core.ports.clock import Clock
from vrooli.core.result import Result

_EXITS = "exits_seen"

LONG_AGO = -1e12
"""Monotonic seconds before any boot."""

PATIENCE = 1.0
"""Seconds that an action waits for its record to be durable. After that it goes on: the record
stays queued in memory, and a service that is down is worse than a line that is late."""


class Ledger:
    """History and durable state behind verbs. Never raises for a full disk: `trouble` says what is
    wrong instead.
    """

    def __init__(self, history: History, events: Events, clock: Clock, boot_id: str) -> None:
        self._history, self._events, self._clock, self._boot = history, events, clock, boot_id
        self.trouble = ""

    def result(self, check_id: str, result: Result, every: float = 0.0) -> None:
        """A look, of a check that looks `every` so many seconds. Not awaited: a result more or less
        is not worth a wait.
        """
        data: dict[str, Any] = {"message": result.message, "unit": result.unit, "every": every}
        if not result.applicable:
            data["applicable"] = False
        if result.starting:
            data["starting"] = True
        if result.details:
            data["details"] = dict(result.details)
        self._history.append(
            self._record(Kind.RESULT, check_id, str(result.status), result.value, data)
        )

    def transition(self, subject: str, before: str, after: str, why: str) -> None:
        """Something changed its status or state. Written at once, but nobody waits for the disk."""
        data = {"from": before, "to": after, "why": why}
        self._history.append(self._record(Kind.TRANSITION, subject, after, None, data))
        self._events.publish("transition", {"subject": subject, **data})

    async def heal(self, heal: Heal, backoff: Backoff | None = None) -> None:
        """A heal began, went on or ended. Durable before the action that it announces."""
        outcome = str(heal.outcome) if heal.outcome else "in flight"
        data = heal.to_json()
        record = self._record(Kind.HEAL, heal.subject, outcome, heal.verified_after, data)
        state: dict[str, Any] = {f"heal:{heal.subject}": {**data, "boot": self._boot}}
        if backoff is not None:
            state[f"backoff:{heal.subject}"] = self._backoff_state(backoff)
        await self._durably(self._history.commit_with_state(record, state))
        self._events.publish("heal", data)

    def decision(self, subject: str, case: Case, decision: Decision) -> None:
        """What was decided, with all that it depended on. Nobody waits for the disk."""
        data = {"what": "decision", **asdict(decision), "case": case.to_json()}
        self._history.append(self._record(Kind.EVENT, subject, decision.verdict, None, data))

    async def decisions(self, since: float, limit: int) -> list[dict[str, Any]]:
        """`{at, subject, data}` of what `decision` wrote, oldest first; of too many the latest."""
        try:
            found = await self._history.records("event", since=since, limit=MAX_ROWS)
        except StorageError as error:
            self.trouble = str(error)
            return []
        decisions = [entry for entry in found if entry.data.get("what") == "decision"][:limit]
        return [
            {"at": entry.at, "subject": entry.subject, "data": entry.data}
            for entry in reversed(decisions)
        ]

    async def event(self, subject: str, what: str, **data: Any) -> None:
        """Something worth remembering that is none of the above."""
        await self._commit(self._record(Kind.EVENT, subject, "", None, {"what": what, **data}))
        self._events.publish("event", {"subject": subject, "what": what, **data})

    async def save(self, key: str, value: Any) -> None:
        """Remember anything that JSON holds."""
        await self._save(key, value)

    async def load(self, key: str) -> Any:
        """What `save` kept; None when there is nothing."""
        return await self._saved(key)

    async def backoff(self, name: str, backoff: Backoff) -> None:
        """Remember how often a service failed; monotonic times mean something within one boot."""
        await self._save(f"backoff:{name}", self._backoff_state(backoff))

    async def load_backoff(self, name: str) -> Backoff:
        """What `backoff` wrote; after a reboot the count stays and the waiting is over."""
        saved = await self._saved(f"backoff:{name}")
        if not isinstance(saved, dict):
            return Backoff()
        level = int(saved["level"])
        if saved["boot"] != self._boot:
            return Backoff(level, LONG_AGO)
        return Backoff(level, float(saved["failed_at"]), saved.get("healthy_since"))

    async def load_heal(self, name: str) -> Heal | None:
        """The latest heal of a service, also one in flight when the watchdog was killed."""
        saved = await self._saved(f"heal:{name}")
        if not isinstance(saved, dict):
            return None
        boot = saved.pop("boot", "")
        heal = Heal.from_json(saved)
        if heal.outcome is None and boot != self._boot:
            note = "the machine was restarted in the middle of it"
            return heal.ended(Outcome.INEFFECTIVE, self._clock.wall(), note)
        return heal

    async def heals(
        self,
        since: float,
        limit: int,
        until: float | None = None,
        subjects: Collection[str] = (),
    ) -> list[dict[str, Any]]:
        """Finished and unfinished heals, the newest first, each once (its latest record); of those
        `subjects`, or of all.
        """
        records: list[Entry] = []
        try:
            for one in subjects or (None,):
                records += await self._history.records("heal", one, since, until, _enough(limit))
        except StorageError as error:
            self.trouble = str(error)
            return []
        records.sort(key=lambda record: record.seq, reverse=True)
        return newest(records)[:limit]

    async def heals_and_boots(self, since: float, limit: int) -> list[tuple[dict[str, Any], bool]]:
        """Heals, the newest first, each with whether it began in this boot: else its monotonic
        times mean nothing.
        """
        try:
            records = await self._history.records("heal", since=since, limit=_enough(limit))
        except StorageError as error:
            self.trouble = str(error)
            return []
        first = {record.data["id"]: record for record in records}
        found = newest(records)[:limit]
        return [(heal, first[heal["id"]].boot == self._boot) for heal in found]

    async def standing_failure(self, subject: str) -> str:
        """Why a service failed, when that is the last that was written down about it; empty when
        it ran again since, or nothing is known.
        """
        try:
            entry = await self._history.latest("transition", subject)
        except StorageError as error:
            self.trouble = str(error)
            return ""
        return str(entry.data["why"]) if entry is not None and entry.status == "failed" else ""

    async def saw_exit(self, keeper: str, ended: Exit) -> None:
        """The position in the keeper's list of endings: what comes after it is news for the next
        watchdog.
        """
        await self._save(_EXITS, {"keeper": keeper, "seq": ended.seq})

    async def meets(self, keeper: str) -> bool:
        """Whether no watchdog has worked with this keeper before; from now on one has."""
        saved = await self._saved(_EXITS)
        new = not isinstance(saved, dict) or saved["keeper"] != keeper
        if new:
            await self._save(_EXITS, {"keeper": keeper, "seq": 0})
        return new

    async def exits_seen(self, keeper: str) -> int:
        """The last handled ending of this keeper; 0 for another keeper."""
        saved = await self._saved(_EXITS)
        if isinstance(saved, dict) and saved["keeper"] == keeper:
            return int(saved["seq"])
        return 0

    def _backoff_state(self, backoff: Backoff) -> dict[str, Any]:
        return {"boot": self._boot, **asdict(backoff)}

    def _record(
        self, kind: Kind, subject: str, status: str, value: float | None, data: dict[str, Any]
    ) -> Record:
        return Record(kind, subject, status, value, data, self._clock.wall())

    async def _commit(self, record: Record) -> None:
        await self._durably(self._history.commit(record))

    async def _save(self, key: str, value: Any) -> None:
        await self._durably(self._history.put_state(key, value))

    async def _durably(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await work
            self.trouble = ""
        except StorageError as error:
            self.trouble = str(error)
        except TimeoutError:
            self.trouble = self._history.health().error or "the disk is slow"

    async def _saved(self, key: str) -> Any:
        try:
            return await self._history.get_state(key)
        except StorageError as error:
            self.trouble = str(error)
            return None


def _enough(heals: int) -> int:
    """Records in which so many heals are: each has some, and one may be written down late that was
    noticed long ago.
    """
    return 8 * heals + 100

"""Pages about what needs a person, and says when it is over.

It looks at the whole picture after every event and every second, instead of counting events: so a
watchdog that was killed in between neither forgets an incident nor opens it twice.
"""

import asyncio
from dataclasses import dataclass, field

from vrooli.autoheal.board import Board, HostCheck
from vrooli.autoheal.events import Events
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.heal import Outcome
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.paging import ServiceFacts, Verdict, judge_check, judge_service
from vrooli.autoheal.paging_words import Trouble, Where, check_page, over, service_page
from vrooli.autoheal.tracker import Tracked
from vrooli.core.ports.clock import Clock
from vrooli.core.status import Status
from vrooli.notify.incident import Incident
from vrooli.notify.pages import Alert
from vrooli.notify.postbox import Postbox
from vrooli.stack import graph

EVERY = 1.0
"""Seconds between two looks at the whole picture, when no event comes."""

NEEDS_PATIENCE = 10.0
"""Seconds that a page waits for a fresh look at everything that its service needs: one of those may
be the cause, and only the cause pages.
"""

LEFT_BEHIND = 30.0
"""Seconds after a heal that did not help within which a failure is what it left behind."""


@dataclass
class _Known:
    """What is remembered of one subject. Monotonic seconds, but for `asked_wall`.

    Attributes:
        well_since: since when it has been well in one piece.
        asked_at: since when it has looked as if it needed a person; `asked_wall` likewise.
        looked_at: the latest look that was counted (of a check).
        looks: how many of them in a row said critical.
        in_vain: what the latest heal came to that did not help.
    """

    well_since: float | None = None
    asked_at: float | None = None
    asked_wall: float = 0.0
    looked_at: float = 0.0
    looks: int = 0
    in_vain: str = ""


@dataclass
class Pager:
    """Watches the board.

    Attributes:
        board: what is known.
        events: what happens.
        ledger: takes down what was paged.
        postbox: tells people.
        clock: time.
        where: names of stack and host.
    """

    board: Board
    events: Events
    ledger: Ledger
    postbox: Postbox
    clock: Clock
    where: Where
    _known: dict[str, _Known] = field(default_factory=dict)
    _kick: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear())
            group.create_task(self._judge_for_ever())

    async def judge(self) -> None:
        """One look at the whole picture. Numbered:

        1. what needs a person and has no incident gets one
        2. what is well (for long enough) or gone ends its incident
        3. what time or an edit has changed is told: a silence that ended, a new channel
        """
        seen: set[str] = set()
        for tracked in [*self.board.tracked.values()]:
            seen.add(tracked.name)
            await self._service(tracked)
        for check in [*self.board.checks.values()]:
            seen.add(check.check.id)
            await self._check(check)
        for incident in [*self.postbox.box.incidents.values()]:
            if incident.subject not in seen:
                gone = Verdict("well", "not-declared", "it is no longer declared")
                await self._close(incident, gone)
        await self.postbox.refresh()

    async def _hear(self) -> None:
        async for event in self.events.listen():
            if event["kind"] == "heal" and event.get("outcome") == Outcome.INEFFECTIVE:
                self._of(str(event["subject"])).in_vain = str(event["note"] or event["cause"])
            self._kick.set()

    async def _judge_for_ever(self) -> None:
        while True:
            self._kick.clear()
            await guarded("pages", self.judge())
            kicked = asyncio.ensure_future(self._kick.wait())
            pause = asyncio.ensure_future(self.clock.sleep(EVERY))
            try:
                await asyncio.wait({kicked, pause}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                kicked.cancel()
                pause.cancel()

    async def _service(self, tracked: Tracked) -> None:
        if tracked.service.is_watchdog:
            return
        known, now = self._of(tracked.name), self.clock.monotonic()
        verdict = judge_service(self._facts(tracked, known), now)
        incident = self.postbox.box.incident_of(tracked.name)
        if verdict.says == "page" and incident is None and self._needs_seen(tracked, known, now):
            await self._open(service_page(self._trouble(tracked, verdict), self.where))
        await self._after(known, verdict, incident)

    async def _check(self, check: HostCheck) -> None:
        known = self._of(check.check.id)
        if check.result is not None and check.looked_at != known.looked_at:
            critical = check.result.status is Status.CRITICAL
            known.looked_at, known.looks = check.looked_at, known.looks + 1 if critical else 0
        verdict = judge_check(check.result, known.looks)
        incident = self.postbox.box.incident_of(check.check.id)
        if verdict.says == "page" and incident is None:
            await self._open(check_page(check.check.id, check.check.title, verdict, self.where))
        await self._after(known, verdict, incident)

    async def _after(self, known: _Known, verdict: Verdict, incident: Incident | None) -> None:
        """End the incident of what has been well for long enough."""
        now = self.clock.monotonic()
        if verdict.says != "page":
            known.asked_at = None
        if verdict.says != "well":
            known.well_since = None
            return
        known.in_vain = ""
        if known.well_since is None:
            known.well_since = now
        lasting = now - known.well_since >= self._resolve_after()
        if incident is not None and (lasting or verdict.rule == "not-wanted"):
            await self._close(incident, verdict)

    async def _open(self, alert: Alert) -> None:
        incident = await self.postbox.open(alert)
        await self.ledger.event(
            alert.subject,
            "paged" if incident.told else "not paged",
            incident=incident.id,
            severity=str(alert.severity),
            title=alert.title,
            channels=sorted(incident.told),
        )

    async def _close(self, incident: Incident, verdict: Verdict) -> None:
        words = over(incident, verdict, self.clock.wall(), self.where)
        await self.postbox.close(incident, words)
        await self.ledger.event(
            incident.subject, "resolved", incident=incident.id, title=words[0], why=verdict.reason
        )

    def _needs_seen(self, tracked: Tracked, known: _Known, now: float) -> bool:
        """Whether all that it needs was looked at since it seemed to need a person."""
        if known.asked_at is None:
            known.asked_at, known.asked_wall = now, self.clock.wall()
            for need in self._needs(tracked):
                need.kick.set()
        if now - known.asked_at >= NEEDS_PATIENCE:
            return True
        return all(need.looked_at >= known.asked_wall for need in self._needs(tracked))

    def _needs(self, tracked: Tracked) -> list[Tracked]:
        names = graph.transitive_needs(self.board.supervisor.stack, tracked.name)
        found = [self.board.tracked[name] for name in names if name in self.board.tracked]
        return [need for need in found if not need.service.is_watchdog]

    def _facts(self, tracked: Tracked, known: _Known) -> ServiceFacts:
        service = tracked.service
        return ServiceFacts(
            wanted=self.board.is_wanted(service),
            heal=service.heal,
            managed=service.managed,
            busy=self.board.busy(tracked),
            failing_needs=self.board.failing_needs(tracked),
            failure=tracked.failure,
            decision=tracked.decision,
            in_vain=known.in_vain or _in_vain(tracked),
            result=tracked.result,
            confirmed=tracked.looks.confirmed(service.health, self.clock.monotonic()),
        )

    def _trouble(self, tracked: Tracked, verdict: Verdict) -> Trouble:
        failure, result = tracked.failure, tracked.result
        cause = failure.cause if failure else result.message if result else ""
        needed_by = [dependent.name for dependent in self.board.dependents(tracked)]
        critical = tracked.service.critical
        return Trouble(tracked.name, critical, cause, verdict, needed_by, tracked.heal)

    def _resolve_after(self) -> float:
        return self.board.supervisor.stack.notify.resolve_after

    def _of(self, subject: str) -> _Known:
        return self._known.setdefault(subject, _Known())


def _in_vain(tracked: Tracked) -> str:
    """What the latest heal came to, when this very failure is what it left behind. The board knows
    that also after a restart, when no event tells.
    """
    heal, failure = tracked.heal, tracked.failure
    if heal is None or failure is None or heal.outcome is not Outcome.INEFFECTIVE:
        return ""
    after = failure.at - (heal.finished_at or 0.0)
    return (heal.note or heal.cause) if 0 <= after < LEFT_BEHIND else ""

"""Pages about what needs a person, and says when it is over.

It looks at the whole picture after every event and every second, instead of counting events: so a
watchdog that was killed in between neither forgets an incident nor opens it twice.
"""

import asyncio
from dataclasses import dataclass, field

from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.events import Events
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.heal import BY_HAND, Outcome
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.paging import (
    HOST_WIDE,
    Verdict,
    judge_blind,
    judge_check,
    judge_host_wide,
    judge_service,
)
from vrooli.autoheal.paging_board import PagingBoard
from vrooli.autoheal.paging_words import (
    Where,
    blind_page,
    check_page,
    chronic_page,
    host_page,
    over,
    service_page,
)
from vrooli.autoheal.tracker import DAY, Tracked
from vrooli.core.ports.clock import Clock
from vrooli.core.status import Status
from vrooli.notify.incident import Incident
from vrooli.notify.pages import Alert
from vrooli.notify.postbox import Postbox

EVERY = 1.0
"""Seconds between two looks at the whole picture, when no event comes."""

REST = 4.0
"""Rest after a look, by the time that it took: in a storm of events it takes a fifth of the time.
"""

TOGETHER = 25
"""Services that are looked at in one turn of the loop."""

NEEDS_PATIENCE = 10.0
"""Seconds that a page waits for a fresh look at everything that its service needs: one of those may
be the cause, and only the cause pages.
"""


@dataclass
class _Known:
    """What is remembered of one subject. Monotonic seconds, but for `asked_wall` and `looked_at`.

    Attributes:
        well_since: since when it has been well in one piece.
        asked_at: since when it has looked as if it needed a person; `asked_wall` likewise.
        looked_at: the latest look that was counted (of a check).
        looks: how many of them in a row said critical, or could not be done; the first of these was
            at `blind_since`.
        in_vain: what the latest heal came to that did not help.
        heals: how many there were when it was last looked whether each of them worked.
    """

    well_since: float | None = None
    asked_at: float | None = None
    asked_wall: float = 0.0
    looked_at: float = 0.0
    looks: int = 0
    blind_since: float = 0.0
    in_vain: str = ""
    heals: int = 0


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

    board: PagingBoard
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
        for rule, subject in HOST_WIDE.items():
            seen.add(subject)
            await self._host_wide(rule, subject)
        for number, tracked in enumerate(self.board.services()):
            seen |= {tracked.name, _chronic_of(tracked)}
            await self._service(tracked)
            await self._chronic(tracked)
            if number % TOGETHER == 0:
                await asyncio.sleep(0)  # who looks and heals comes first
        for check in [*self.board.board.checks.values()]:
            seen |= {check.id, _blind_of(check)}
            await self._check(check)
            if check.check.declared or check.check.several:
                await self._blind(check)
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
            began = self.clock.monotonic()
            await guarded("pages", self.judge())
            await self.clock.sleep(REST * (self.clock.monotonic() - began))
            kicked = asyncio.ensure_future(self._kick.wait())
            pause = asyncio.ensure_future(self.clock.sleep(EVERY))
            try:
                await asyncio.wait({kicked, pause}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                kicked.cancel()
                pause.cancel()

    async def _service(self, tracked: Tracked) -> None:
        known, now = self._of(tracked.name), self.clock.monotonic()
        incident = self.postbox.box.incident_of(tracked.name)
        if incident is None and (_is_steady(tracked) or _is_blocked(tracked)):
            known.asked_at = None  # the usual cases, and there may be a thousand of them
            known.in_vain = "" if tracked.healthy else known.in_vain
            return
        verdict = judge_service(self.board.facts(tracked, known.in_vain, now), now)
        if verdict.says == "page" and incident is None and self._needs_seen(tracked, known, now):
            await self._open(service_page(self.board.trouble(tracked, verdict), self.where))
        await self._after(known, verdict, incident)

    async def _check(self, check: HostCheck) -> None:
        known = self._of(check.id)
        if check.result is not None and check.looked_at != known.looked_at:
            critical = check.result.status is Status.CRITICAL
            known.looked_at, known.looks = check.looked_at, known.looks + 1 if critical else 0
        incident = self.postbox.box.incident_of(check.id)
        if incident is None and _is_well(check) and not check.flaps.flapping:
            known.in_vain = ""  # the usual case
            return
        facts = self.board.check_facts(check, known.looks, known.in_vain)
        verdict = judge_check(facts, self.clock.monotonic())
        if verdict.says == "page" and incident is None:
            await self._open(check_page(check.id, check.check.title, verdict, self.where))
        await self._after(known, verdict, incident)

    async def _blind(self, check: HostCheck) -> None:
        """It finds nothing out, for so long that it may never do so."""
        subject, known = _blind_of(check), self._of(_blind_of(check))
        now, result = self.clock.monotonic(), check.result
        if result is None or result.status is not Status.UNKNOWN:
            known.looks = 0
        elif check.looked_at != known.looked_at:
            known.blind_since = known.blind_since if known.looks else now
            known.looks += 1
        known.looked_at = check.looked_at
        incident = self.postbox.box.incident_of(subject)
        held = self.board.check_facts(check, 0, "").held
        verdict = judge_blind(result, known.looks, now - known.blind_since, held)
        if verdict.says == "page" and incident is None:
            await self._open(blind_page(subject, check.id, verdict, self.where))
        await self._after(known, verdict, incident)

    async def _host_wide(self, rule: str, subject: str) -> None:
        incident = self.postbox.box.incident_of(subject)
        verdict = judge_host_wide(rule, self.board.decisions())
        if verdict.says == "page" and incident is None:
            failing = [one.name for one in self.board.failing()]
            await self._open(host_page(subject, verdict, failing, self.where))
        await self._after(self._of(subject), verdict, incident)

    async def _chronic(self, tracked: Tracked) -> None:
        """Heals that worked, each of them, and are too many: somebody has to find the cause."""
        subject, known = _chronic_of(tracked), self._of(_chronic_of(tracked))
        most = self.board.board.supervisor.stack.autoheal.chronic
        incident = self.postbox.box.incident_of(subject)
        if incident is None and len(tracked.heals) < most:
            return
        wall = self.clock.wall()
        heals = tracked.heals_since(wall)
        if heals < most:
            verdict = Verdict("well", "well", f"healed {heals} times in the last 24 hours")
            await self._after(known, verdict, incident)
        elif incident is None and heals != known.heals and tracked.healthy:
            known.heals = heals
            found = await self.ledger.heals(wall - DAY, 1000)
            own = [one for one in found if one["subject"] == tracked.name]
            own = [heal for heal in own if heal["rule"] != BY_HAND]  # a person knows of those
            worked = sum(1 for heal in own if heal["outcome"] == Outcome.HEALED)
            if worked >= most:
                await self._open(chronic_page(subject, tracked.name, worked, self.where))

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
            why=alert.title,
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
            for need in self.board.needs(tracked):
                need.kick.set()
        if now - known.asked_at >= NEEDS_PATIENCE:
            return True
        return all(need.looked_at >= known.asked_wall for need in self.board.needs(tracked))

    def _resolve_after(self) -> float:
        return self.board.board.supervisor.stack.notify.resolve_after

    def _of(self, subject: str) -> _Known:
        return self._known.setdefault(subject, _Known())


def _is_blocked(tracked: Tracked) -> bool:
    """Whether it was decided that another service is the cause."""
    return tracked.decision is not None and tracked.decision.verdict == "block"


def _is_steady(tracked: Tracked) -> bool:
    return tracked.healthy and not tracked.flaps.flapping


def _is_well(check: HostCheck) -> bool:
    return check.result is not None and (not check.result.applicable or check.result.healthy)


def _blind_of(check: HostCheck) -> str:
    """The subject of an incident about its not being looked at; beside that about what it finds."""
    return f"{check.id}:unknown"


def _chronic_of(tracked: Tracked) -> str:
    """The subject of an incident about too many heals; beside that about a failure."""
    return f"{tracked.name}:chronic"

"""Sums up, at the declared interval, what went on without a person."""

from dataclasses import dataclass

from vrooli.autoheal.digest import Period, Warned, digest
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.history import History
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.paging_words import Where
from vrooli.autoheal.record import Kind as RecordKind
from vrooli.core.ports.clock import Clock
from vrooli.core.status import Status
from vrooli.notify.message import Kind, Message, Severity
from vrooli.notify.postbox import Postbox
from vrooli.notify.store import Document, Store

MARK = ("mark", "digest")
"""Kind and id of the document that says up to when the latest digest went."""

EVERY = 1.0
"""Seconds between two looks at the clock."""

MARGIN = 10.0
"""Seconds before now at which a period ends: what ended just then may not be on the disk yet."""

RETRY = 60.0
"""Seconds after which a digest that the disk did not take is tried again."""

PURGE_EVERY = 3600.0
"""Seconds between two looks for what is long finished."""

MOST = 1000
"""Heals and transitions that are looked through; more than a host does in a week."""


@dataclass
class Digester:
    """Posts digests.

    Attributes:
        history: knows the warnings.
        ledger: knows the heals.
        store: remembers up to when the latest digest went.
        postbox: tells people.
        clock: time.
        where: names of stack and host.
    """

    history: History
    ledger: Ledger
    store: Store
    postbox: Postbox
    clock: Clock
    where: Where

    async def run(self) -> None:
        """Until cancelled."""
        since = await self._since()
        purged_at = self.clock.monotonic()
        while True:
            await self.clock.sleep(EVERY)
            since = await self._post_if_due(since)
            if self.clock.monotonic() - purged_at >= PURGE_EVERY:
                purged_at = self.clock.monotonic()
                await guarded("purge notices", self.postbox.purge())

    async def _post_if_due(self, since: float) -> float:
        """Up to when the latest digest goes now."""
        until = self.clock.wall() - MARGIN
        if until < since - 2 * MARGIN:  # the clock was set back: count anew
            return until
        if until - since < self.postbox.settings.digest:
            return since
        if await guarded("digest", self.post(Period(since, until))):
            return until
        await self.clock.sleep(RETRY)
        return since

    async def post(self, period: Period) -> None:
        """The digest of a period, if there is anything to tell. With it, in one transaction, goes
        the mark that it is told.
        """
        words = digest(
            await self.ledger.heals(period.since, MOST),
            await self._warned(period),
            period,
            self.where,
        )
        mark = Document(*MARK, True, period.until, {"until": period.until})
        if words is None:
            await self.store.write([mark])
            return
        stamp = self.postbox.stamp()
        message = Message(
            key=f"{stamp.host}:{int(period.until * 1000):013d}:digest",
            kind=Kind.DIGEST,
            subject="digest",
            severity=Severity.INFO,
            title=words[0],
            body=words[1],
            at=stamp.at,
        )
        await self.postbox.post(message, mark)

    async def _since(self) -> float:
        """Up to when the latest digest went; now when there was none."""
        found = await self.store.find(*MARK)
        if found is not None:
            return float(found.data["until"])
        now = self.clock.wall()
        await self.store.write([Document(*MARK, True, now, {"until": now})])
        return now

    async def _warned(self, period: Period) -> list[Warned]:
        kind = RecordKind.TRANSITION
        found = await self.history.records(kind, since=period.since, limit=MOST)
        return [
            Warned(one.subject, one.at, str(one.data["why"]))
            for one in found
            if one.status == Status.WARNING
        ]

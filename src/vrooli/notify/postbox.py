"""Owns what is to be told: every change is written down before anybody is told of it.

A change counts in memory at once, so that two at a time never overwrite each other, and goes to
the store in the same order. What the store has not taken yet is not sent, unless the disk refuses:
then people are told all the same, because they have to be told of that as well.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from vrooli.core.errors import StorageError, UnknownName
from vrooli.core.ports.clock import Clock
from vrooli.notify import outbox, pages
from vrooli.notify.box import DELIVERY, READERS, Box, Row, document
from vrooli.notify.channel import Answer
from vrooli.notify.delivery import Delivery, State
from vrooli.notify.incident import Acknowledgement, Incident
from vrooli.notify.message import Message
from vrooli.notify.outbox import Fold, Line, Send, Situation
from vrooli.notify.pages import Alert, Stamp
from vrooli.notify.settings import Settings
from vrooli.notify.silence import Silence
from vrooli.notify.store import Document, Store

_log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that the disk gets to take a change, before people are told without."""

KEPT = 30 * 86_400.0
"""Seconds that what is finished can still be looked at."""


class Postbox:
    """The box of one host.

    Args:
        store: where it is written down.
        settings: the declared ones, as they are now.
        clock: both clocks.
        host: names this host in keys.

    Attributes:
        news: set by every change, for whoever delivers.
        trouble: why the store takes nothing; empty while it does.
    """

    def __init__(
        self, store: Store, settings: Callable[[], Settings], clock: Clock, host: str
    ) -> None:
        self._store, self._settings, self._clock, self._host = store, settings, clock, host
        self._box = Box()
        self._lines: dict[str, Line] = {}
        self._busy: set[int] = set()
        self._unwritten: set[int] = set()
        self.news = asyncio.Event()
        self.trouble = ""

    async def load(self) -> None:
        """Take up what was unfinished when the one before ended. Raises StorageError."""
        rows = _readable(await self._store.live())
        newest = await self._store.recent(DELIVERY, 1)
        last = max([int(found.id) for found in newest], default=0)
        self._box = Box(last=last).having(rows)
        self.news.set()

    def begin_without(self) -> None:
        """Nothing could be loaded: go on with numbers that overwrite nothing of before."""
        self._box = Box(last=int(self._clock.wall()))

    # -- reading -------------------------------------------------------------------------------

    @property
    def box(self) -> Box:
        """All that is unfinished."""
        return self._box

    @property
    def settings(self) -> Settings:
        """The declared ones."""
        return self._settings()

    @property
    def lines(self) -> Mapping[str, Line]:
        """What is known of the channels."""
        return self._lines

    def line(self, channel: str) -> Line:
        """What is known of one of them."""
        return self._lines.get(channel, Line())

    def waiting(self, channel: str) -> int:
        """How many messages are to be sent there."""
        return sum(1 for one in self._box.deliveries.values() if one.channel == channel)

    def incident(self, named: str) -> Incident:
        """The open incident of that id or subject. Raises UsageError."""
        found = self._box.incidents.get(named) or self._box.incident_of(named)
        if found is None:
            raise UnknownName(
                f"there is no open incident `{named}`",
                named,
                next_step="`vrooli-autoheal notify list` shows them",
            )
        return found

    async def deliveries(self, limit: int) -> list[Delivery]:
        """What is to be sent, and the latest of what was, the newest first."""
        found = {one.number: one for one in self._box.deliveries.values()}
        try:
            for kept in await self._store.recent(DELIVERY, limit):
                found.setdefault(int(kept.id), Delivery.from_json(kept.data))
        except StorageError as error:
            self.trouble = str(error)
        return [found[number] for number in sorted(found, reverse=True)][:limit]

    def stamp(self) -> Stamp:
        """Now and here."""
        return Stamp(self._clock.wall(), self._host)

    # -- what happens --------------------------------------------------------------------------

    async def open(self, alert: Alert) -> Incident:
        """Something needs a person; whoever has to be told is."""
        incident = pages.open_incident(alert, self.stamp())
        held = self._box.having([incident])
        told = pages.to_tell(held, self.settings, self.stamp())
        await self._commit([incident, *told])
        return self._box.incidents.get(incident.id, incident)

    async def close(self, incident: Incident, words: tuple[str, str]) -> None:
        """It is over; title and body `words` go where its page went."""
        await self._commit(pages.close_incident(self._box, incident, words, self.stamp()))

    async def post(self, message: Message, *also: Document) -> None:
        """A message that belongs to no incident, to all channels that take its severity; `also` is
        written in the same transaction.
        """
        channels = self.settings.taking(message.severity)
        await self._commit(pages.address(self._box, (), message, channels), also)

    async def refresh(self) -> None:
        """Catch up with what time or an edit has changed: silences that ended, channels that came
        or went.
        """
        now = self._clock.wall()
        ended = [one for one in self._box.silences.values() if one.until <= now]
        for silence in ended:
            self._box = self._box.without(silence)
        rows = pages.stranded(self._box, self.settings, now)
        rows += pages.to_tell(self._box.having(rows), self.settings, self.stamp())
        if rows or ended:
            await self._commit(rows, [document(one, live=False) for one in ended])

    async def purge(self) -> None:
        """Forget what is long finished."""
        await self._store.purge(self._clock.wall() - KEPT)

    # -- what people say -----------------------------------------------------------------------

    async def acknowledge(self, named: str, by: str, why: str) -> Incident:
        """Somebody is at it. Raises UsageError when there is no such incident."""
        incident = self.incident(named)
        said = Acknowledgement(by, self._clock.wall(), why)
        await self._commit(pages.acknowledge(self._box, incident, said))
        return self._box.incidents[incident.id]

    async def silence(self, subject: str, seconds: float, by: str, why: str) -> Silence:
        """Tell nobody about `subject` (or a pattern) for a time."""
        now = self._clock.wall()
        number = int(now * 1000)
        while f"{number:013d}" in self._box.silences:  # two within one millisecond
            number += 1
        silence = Silence(f"{number:013d}", subject, now + seconds, by, why, now)
        await self._commit([silence])
        return silence

    async def unsilence(self, named: str) -> list[Silence]:
        """End the silences of that id or subject. Raises UsageError when there is none."""
        known = self._box.silences.values()
        found = [one for one in known if named in (one.id, one.subject)]
        if not found:
            raise UnknownName(
                f"there is no silence `{named}`", named, next_step="`vrooli-autoheal notify list`"
            )
        for silence in found:
            self._box = self._box.without(silence)
        await self._commit([], [document(one, live=False) for one in found])
        await self.refresh()
        return found

    # -- delivering ----------------------------------------------------------------------------

    async def take(self, via: str) -> Delivery | None:
        """What the idle channel `via` shall send now; it is on its way until `ended` says."""
        step = outbox.next_step(via, self._situation())
        if isinstance(step, Fold):
            await self._fold(step)
            step = outbox.next_step(via, self._situation())
        if not isinstance(step, Send):
            return None
        self._busy.add(step.delivery.number)
        return step.delivery

    async def ended(self, delivery: Delivery, via: str, answer: Answer) -> None:
        """What came of it."""
        self._busy.discard(delivery.number)
        line, now = self.line(via), self._clock.monotonic()
        current = self._box.deliveries.get(delivery.number)
        if answer.ok:
            self._lines[via] = line.took(now, self.settings.flood_window)
            sent = (current or delivery).sent(via, self._clock.wall())
            await self._commit(pages.arrived(self._box, sent))
            return
        self._lines[via] = line.failed(now)
        if current is not None:  # else somebody has acknowledged it meanwhile
            await self._commit([current.failed(answer.text, now)])

    def put_back(self, delivery: Delivery) -> None:
        """It was cut short: whether it arrived is not known, so it will be sent again."""
        self._busy.discard(delivery.number)

    async def _fold(self, step: Fold) -> None:
        at = self._clock.wall()
        new, lines = outbox.fold(step.deliveries, self._box.last + 1, self.settings, at)
        await self._commit([new, *lines])

    def _situation(self) -> Situation:
        return Situation(
            tuple(self._box.deliveries[number] for number in sorted(self._box.deliveries)),
            self._busy | self._unwritten,
            self._lines,
            self.settings,
            self._clock.monotonic(),
        )

    async def _commit(self, rows: Sequence[Row], also: Iterable[Document] = ()) -> None:
        self._box = self._box.having(rows)
        fresh = {
            row.number for row in rows if isinstance(row, Delivery) and row.state is State.PENDING
        }
        self._unwritten |= fresh
        try:
            async with asyncio.timeout(PATIENCE):
                await self._store.write([*map(document, rows), *also])
            self.trouble = ""
        except StorageError as error:
            self.trouble = str(error)
        except TimeoutError:
            self.trouble = "the disk is slow: it has not taken what people are told"
        finally:
            self._unwritten -= fresh
            self.news.set()

    def view(self) -> dict[str, Any]:
        """Incidents, silences and channels, as JSON."""
        now = self._clock.wall()
        return {
            "incidents": [
                one.to_json() | {"silenced": self._silenced(one, now)}
                for one in self._box.incidents.values()
            ],
            "silences": [one.to_json() for one in self._box.silences.values() if one.until > now],
            "channels": [self._channel(name) for name in self.settings.channels],
        }

    def _silenced(self, incident: Incident, now: float) -> bool:
        return any(one.covers(incident.subject, now) for one in self._box.silences.values())

    def _channel(self, name: str) -> dict[str, Any]:
        channel, line = self.settings.channels[name], self.line(name)
        return {
            "name": name,
            "severities": sorted(channel.severities),
            "second": channel.second,
            "failing": line.breaker.open,
            "failures": line.breaker.failures,
            "pending": self.waiting(name),
        }


def _readable(documents: Iterable[Document]) -> list[Row]:
    """The rows among `documents`. One that we cannot read must not keep people from being told of
    all others.
    """
    rows: list[Row] = []
    for found in documents:
        if found.kind not in READERS:
            continue
        try:
            rows.append(READERS[found.kind](found.data))
        except (KeyError, TypeError, ValueError):
            _log.exception("cannot read the %s %s; it is left alone", found.kind, found.id)
    return rows

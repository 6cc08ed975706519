"""The postbox: written down first, told at least once, whatever dies or fails in between."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
)

from tests.support.clocks import TurnedClock
from tests.support.notices import alert, message, settings
from vrooli.core.errors import StorageError
from vrooli.host.memory.notices import MemoryStore
from vrooli.notify.channel import Answer
from vrooli.notify.delivery import Delivery, State
from vrooli.notify.incident import Incident
from vrooli.notify.message import Kind, Severity
from vrooli.notify.postbox import Postbox
from vrooli.notify.settings import Settings
from vrooli.notify.store import Document

T = TypeVar("T")
OK, NO = Answer(True, "sent"), Answer(False, "no")


class Rig:
    """A postbox on a store in memory, with a clock to turn."""

    def __init__(self, declared: Settings | None = None) -> None:
        self.clock, self.store = TurnedClock(), MemoryStore()
        self.declared = declared or settings()
        self.box = self.new()

    def new(self) -> Postbox:
        """The next watchdog's."""
        return Postbox(self.store, lambda: self.declared, self.clock, "host")

    async def restart(self) -> None:
        """The one before was killed."""
        self.box = self.new()
        await self.box.load()

    async def send(self, via: str, answer: Answer = OK) -> Delivery | None:
        """One try of what is due by `via`."""
        taken = await self.box.take(via)
        if taken is not None:
            await self.box.ended(taken, via, answer)
        return taken

    def kept(self, kind: str) -> list[Document]:
        """Documents of a kind."""
        return [one for one in self.store.documents.values() if one.kind == kind]


async def test_what_is_to_be_told_is_written_down_before_it_can_be_taken() -> None:
    rig = Rig()
    asked: list[Delivery | None] = []

    class Slow(MemoryStore):
        async def write(self, documents: Any) -> None:
            asked.append(await rig.box.take("phone"))
            await super().write(documents)

    rig.store = Slow()
    rig.box = rig.new()
    await rig.box.open(alert())
    assert asked == [None]
    assert await rig.box.take("phone") is not None


async def test_a_disk_that_refuses_keeps_nobody_from_being_told() -> None:
    rig = Rig()
    rig.store.failure = StorageError("the disk is full", next_step="free some")
    await rig.box.open(alert())
    assert "full" in rig.box.trouble
    assert await rig.send("phone") is not None
    rig.store.failure = None
    await rig.box.open(alert("db"))
    assert rig.box.trouble == ""


async def test_a_page_survives_the_death_of_the_watchdog_before_and_after_its_try() -> None:
    rig = Rig()
    await rig.box.open(alert())
    await rig.restart()
    first = await rig.box.take("phone")
    await rig.restart()
    again = await rig.send("phone")
    assert first is not None
    assert again is not None
    assert first.message.key == again.message.key
    await rig.restart()
    assert await rig.send("phone") is None


async def test_an_incident_survives_and_its_end_is_told_once() -> None:
    rig = Rig()
    await rig.box.open(alert())
    await rig.send("phone")
    await rig.restart()
    incident = rig.box.incident("web")
    await rig.box.close(incident, ("over", "well"))
    await rig.restart()
    end = await rig.send("phone")
    assert end is not None
    assert end.message.kind is Kind.RESOLVED
    await rig.restart()
    assert await rig.send("phone") is None
    assert not rig.box.box.incidents


async def test_numbers_go_on_after_a_restart() -> None:
    rig = Rig()
    await rig.box.open(alert())
    await rig.send("phone")
    await rig.restart()
    await rig.box.open(alert("db"))
    assert sorted(int(one.id) for one in rig.kept("delivery")) == [1, 2]


async def test_who_begins_without_the_past_overwrites_nothing_of_it() -> None:
    rig = Rig()
    await rig.box.open(alert())
    rig.box = rig.new()
    rig.box.begin_without()
    await rig.box.open(alert("db"))
    await rig.restart()
    assert {one.message.subject for one in rig.box.box.deliveries.values()} == {"web", "db"}


async def test_a_channel_that_fails_is_left_alone_and_the_second_stands_in() -> None:
    rig = Rig(settings(phone="mail", mail=""))
    for number in range(3):
        await rig.box.open(alert(f"web-{number}"))
        await rig.send("phone", NO)
    assert await rig.send("phone", NO) is None
    rig.clock.pass_time(6)
    took = await rig.send("mail")
    assert took is not None
    assert took.channel == "phone"
    assert rig.box.view()["channels"][0]["failing"] is True


async def test_a_page_is_never_given_up() -> None:
    rig = Rig()
    await rig.box.open(alert())
    tries = 0
    for _ in range(3000):
        rig.clock.pass_time(60)
        tries += await rig.send("phone", NO) is not None
    assert tries > 200
    assert await_sent(rig) == []
    rig.clock.pass_time(700)
    assert await rig.send("phone") is not None


def await_sent(rig: Rig) -> list[str]:
    """Keys that a channel took."""
    rows = [Delivery.from_json(one.data) for one in rig.kept("delivery")]
    return [one.message.key for one in rows if one.state is State.SENT]


async def test_an_acknowledgement_while_it_is_on_its_way_does_not_lose_that_it_arrived() -> None:
    rig = Rig()
    await rig.box.open(alert())
    taken = await rig.box.take("phone")
    assert taken is not None
    await rig.box.acknowledge("web", "ada", "mine")
    await rig.box.ended(taken, "phone", OK)
    assert len(await_sent(rig)) == 1
    await rig.box.close(rig.box.incident("web"), ("over", ""))
    assert await rig.send("phone") is not None


async def test_what_failed_and_was_acknowledged_is_not_tried_again() -> None:
    rig = Rig()
    await rig.box.open(alert())
    taken = await rig.box.take("phone")
    assert taken is not None
    await rig.box.acknowledge("web", "ada", "mine")
    await rig.box.ended(taken, "phone", NO)
    rig.clock.pass_time(3600)
    assert await rig.send("phone") is None


async def test_a_silence_ends_by_itself_and_by_hand() -> None:
    rig = Rig()
    await rig.box.silence("web", 60, "ada", "known")
    await rig.box.silence("db", 6000, "ada", "known")
    await rig.box.open(alert())
    await rig.box.open(alert("db"))
    await rig.restart()
    await rig.box.refresh()
    assert await rig.send("phone") is None
    rig.clock.pass_time(61)
    await rig.box.refresh()
    first = await rig.send("phone")
    await rig.box.unsilence("db")
    second = await rig.send("phone")
    assert first is not None
    assert second is not None
    assert [first.message.subject, second.message.subject] == ["web", "db"]
    await rig.restart()
    assert not rig.box.box.silences


async def test_what_cannot_be_read_keeps_nobody_from_being_told_of_the_rest() -> None:
    rig = Rig()
    await rig.box.open(alert())
    await rig.store.write([Document("delivery", "99", True, 1.0, {"strange": 1})])
    await rig.restart()
    assert await rig.send("phone") is not None


async def test_the_finished_is_forgotten_after_a_month() -> None:
    rig = Rig()
    await rig.box.open(alert())
    await rig.send("phone")
    await rig.box.close(rig.box.incident("web"), ("over", ""))
    await rig.send("phone")
    rig.clock.pass_time(31 * 86_400)
    await rig.box.post(message("new", severity=Severity.INFO))
    await rig.box.purge()
    assert [one.id for one in rig.store.documents.values()] == ["3"]


async def test_a_flood_is_told_in_one_message_and_every_end_still_comes() -> None:
    rig = Rig()
    for number in range(12):
        await rig.box.open(alert(f"web-{number}"))
    flood = await rig.send("phone")
    assert flood is not None
    assert flood.message.title == "12 notifications at once"
    for incident in [*rig.box.box.incidents.values()]:
        await rig.box.close(incident, (f"{incident.subject} is over", ""))
    ends = await rig.send("phone")
    assert ends is not None
    assert all(f"web-{number} is over" in ends.message.body for number in range(12))
    assert await rig.send("phone") is None


class Telling(RuleBasedStateMachine):
    """Whatever happens in whatever order: every page that is due arrives, and so does its end after
    it; nothing arrives twice unless the watchdog was killed in between.
    """

    incidents = Bundle("incidents")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.rig = Rig(settings(phone="mail", mail=""))
        self.arrived: list[tuple[str, str]] = []
        self.killed_while_sending: set[str] = set()
        self.opened: dict[str, Incident] = {}
        self.closed: set[str] = set()
        self.acknowledged: set[str] = set()
        self.count = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.finish()
        self.loop.close()

    @rule(target=incidents)
    def open(self) -> str:
        self.count += 1
        incident = self.do(self.rig.box.open(alert(f"web-{self.count}")))
        self.opened[incident.id] = incident
        return incident.id

    @rule(incident=consumes(incidents))
    def close(self, incident: str) -> None:
        current = self.rig.box.incident(incident)
        self.do(self.rig.box.close(current, (f"{current.subject} is over", "")))
        self.closed.add(incident)

    @rule(incident=incidents)
    def acknowledge(self, incident: str) -> None:
        if incident not in self.closed:
            self.do(self.rig.box.acknowledge(incident, "ada", ""))
            self.acknowledged.add(incident)

    @rule(via=st.sampled_from(["phone", "mail"]), works=st.booleans(), killed=st.booleans())
    def send(self, via: str, works: bool, killed: bool) -> None:
        taken = self.do(self.rig.box.take(via))
        if taken is None:
            return
        if works:
            self.arrive(taken)
        if killed:
            self.killed_while_sending.add(taken.message.key)
            self.do(self.rig.restart())
        else:
            self.do(self.rig.box.ended(taken, via, OK if works else NO))

    @rule(seconds=st.sampled_from([1, 20, 700]))
    def wait(self, seconds: int) -> None:
        self.rig.clock.pass_time(seconds)

    @rule()
    def kill(self) -> None:
        self.do(self.rig.restart())

    @precondition(lambda self: self.count > 0)
    @invariant()
    def all_that_is_open_is_known(self) -> None:
        assert set(self.rig.box.box.incidents) == set(self.opened) - self.closed

    def arrive(self, taken: Delivery) -> None:
        self.arrived.append((taken.message.key, taken.origin))

    def finish(self) -> None:
        """From now on both channels work."""
        quiet = 0
        while quiet < 20:
            self.rig.clock.pass_time(700)
            for via in ("phone", "mail"):
                taken = self.do(self.rig.box.take(via))
                quiet = quiet + 1 if taken is None else 0
                if taken is not None:
                    self.arrive(taken)
                    self.do(self.rig.box.ended(taken, via, OK))
        told = [self.told(key) for key, _ in self.arrived]
        flat = [name for names in told for name in names]
        for incident in self.opened.values():
            self.check(incident, flat)
        once = [pair for pair in self.arrived if pair[0] not in self.killed_while_sending]
        assert len(once) == len(set(once))

    def told(self, key: str) -> list[str]:
        """The keys that a message tells of: its own, or those that are lines of it."""
        rows = [Delivery.from_json(one.data) for one in self.rig.kept("delivery")]
        inside = [one for one in rows if one.inside == key]
        if not inside:
            return [key]
        return [name for one in inside for name in self.told(one.message.key)]

    def check(self, incident: Incident, told: list[str]) -> None:
        page, end = f"host:{incident.id}:page", f"host:{incident.id}:resolved"
        if incident.id not in self.acknowledged:
            assert page in told
        if incident.id in self.closed:
            assert end in told
            if page in told:
                assert told.index(page) < told.index(end)
        else:
            assert end not in told


TestTelling = Telling.TestCase

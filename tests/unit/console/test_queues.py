"""Who hangs takes nobody the answers of the others."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.live_console import LiveConsole, answering, watchdog_says
from tests.unit.console.test_gate import settings_in
from vrooli.client.watchdog import WatchdogClient
from vrooli.console.acting import Acting, Ways
from vrooli.console.pages import runs
from vrooli.console.parts import asked
from vrooli.console.queues import HUNG, PROBE, Queue, Queues, Silence
from vrooli.console.sessions import Sessions
from vrooli.core.address import HostPort
from vrooli.core.errors import Busy, DeadlineExceeded, Unreachable
from vrooli.core.passes import ADMIN, Person


def test_one_that_hangs_is_asked_by_one_at_a_time_until_it_answers() -> None:
    silence = Silence()
    for at in range(HUNG):
        assert silence.let_through(at)
        silence.ended(at + 0.5, in_time=False)
    assert silence.since() == 0.5
    assert [silence.let_through(10.0) for _ in range(3)] == [True, False, False]
    assert silence.let_through(10.0 + PROBE)
    silence.ended(31.0, in_time=False)
    assert [silence.let_through(31.0) for _ in range(2)] == [True, False]
    silence.ended(32.0, in_time=True)
    assert silence.since() == 0.0
    assert all(silence.let_through(32.0) for _ in range(9))


@pytest.fixture
def goes_on() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


async def test_so_many_are_asked_at_a_time_and_so_many_wait(goes_on: threading.Event) -> None:
    queue = Queue("x", 1, 1)
    asked = [asyncio.ensure_future(queue.ask(goes_on.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await queue.ask(bool)
    goes_on.set()
    assert await asyncio.gather(*asked) == [True, True]
    assert await queue.ask(bool) is False


def _in_vain() -> None:
    raise DeadlineExceeded("no answer")


async def test_what_is_known_to_hang_is_said_at_once(goes_on: threading.Event) -> None:
    queue = Queue("x", 2)
    for _ in range(HUNG):
        with pytest.raises(DeadlineExceeded):
            await queue.ask(_in_vain)
    probe = asyncio.ensure_future(queue.ask(goes_on.wait))
    await asyncio.sleep(0)
    with pytest.raises(DeadlineExceeded, match="x has not answered for"):
        await queue.ask(bool)
    goes_on.set()
    await probe
    assert await queue.ask(bool) is False


async def test_a_question_begins_again_in_the_queue_of_whom_it_asks(tmp_path: Path) -> None:
    with answering(watchdog_says) as watchdog:
        queues, threads = Queues(), []
        where = HostPort("127.0.0.1", watchdog.server_port)
        client = WatchdogClient(where, "", before=queues.watchdog.need)

        def question() -> object:
            threads.append(threading.current_thread().name)
            return client.status()

        await queues.ask(question)
    assert [one.rpartition("_")[0] for one in threads] == ["whom to ask", "ask the watchdog"]
    assert watchdog.asked == ["/status"]
    acting = _acting(tmp_path)
    with pytest.raises(Unreachable):
        await acting.ask(lambda: acting.work.runs())
    with pytest.raises(Unreachable):
        await acting.ask(acting.watchdog.status)


def _acting(folder: Path) -> Acting:
    settings = settings_in(folder)
    sessions = Sessions(settings.sessions, lambda: 0.0)
    found = sessions.of(sessions.begin(Person("ann", ADMIN)))
    assert found is not None
    return Ways(settings, sessions).acting(found.id)


def test_pages_of_health_are_there_while_the_server_hangs(running: LiveConsole) -> None:
    owner = running.owner()
    running.server.goes_on.clear()
    tries = [threading.Thread(target=_try, args=(running,)) for _ in range(14)]
    tries += [threading.Thread(target=owner.get, args=("/runs",)) for _ in range(6)]
    for one in tries:
        one.start()
    try:
        for path in ("/", "/checks", "/timeline", "/login"):
            assert owner.get(path).status_code in (200, 303), path
    finally:
        running.server.goes_on.set()
        for one in tries:
            one.join()


def _try(console: LiveConsole) -> None:
    console.browser().post("/login", data={"email": "x", "password": "y"})


@pytest.mark.parametrize("path", ["/runs", "/routines"])
def test_a_page_of_the_work_says_soon_that_the_server_hangs(
    running: LiveConsole, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for module in (asked, runs):
        monkeypatch.setattr(module, "SLOW", 0.05)
    owner = running.owner()
    running.server.goes_on.clear()
    text = owner.get(path).text
    assert "The server does not answer. " in text
    assert "no answer within 0.05 s" in text

"""An hour without the database, and a watchdog that is killed in it: nothing is lost, nothing comes
twice.

What a look found is on the disk half a second later at most; that which a watchdog has not written
down when it is killed, nobody has seen. All that was written down is in the copy afterwards.
"""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.faked_clock import FakedClock, faked_clock
from tests.support.history_copy import all_copied, all_spooled, spooled, until_copied
from tests.support.receiver import Receiver, receiving
from tests.support.stack import LiveStack
from vrooli.main.selftest_hook import Got

HOUR, STEP = 3600, 600
MICROSECOND = 2e-6  # to which PostgreSQL keeps times


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes what people are told."""
    with receiving() as one:
        yield one


@pytest.fixture
def clock(stack: LiveStack, receiver: Receiver) -> Iterator[FakedClock]:
    """Of a stack whose database nobody heals, with a server that copies the history, and `web`,
    which starts while it is sound.
    """
    with faked_clock(stack) as clock:
        stack.tell({"hook": {"url": receiver.url}})
        stack.with_postgres_and_server()
        stack.resource("postgres", "postgres", heal="watch", health={"interval": 0.5})
        stack.touch("sound")
        stack.add("web", "--crash-unless", "sound")
        stack.add("still")
        stack.write()
        clock.bring_up()
        yield clock


def test_an_hour_without_the_database_and_a_killed_watchdog_lose_nothing(
    clock: FakedClock, stack: LiveStack, receiver: Receiver
) -> None:
    asyncio.run(until_copied(stack))
    began = clock.now()
    stack.kill("postgres")
    stack.until(lambda: told(receiver, "page") == ["postgres"], "the outage is paged")
    for past in range(STEP, HOUR + 1, STEP):
        clock.set(past)
        until_looked(stack, began + past)
        if past == HOUR // 2:
            kill_while_it_tells_of_web(stack, receiver)
    stack.touch("sound")
    stack.until(lambda: stack.run("start", "web", "postgres").returncode == 0, "they are started")
    stack.until(lambda: told(receiver, "resolved") == ["postgres", "web"], "both ends are told")
    stack.until_ok()
    assert told(receiver, "page") == ["postgres", "web"]
    assert len(receiver.keys("page")) == len(receiver.keys("resolved")) == 2
    assert stack.heals("postgres") == stack.heals("server") == []
    assert_copied_in_full(stack, began)


def told(receiver: Receiver, kind: str) -> list[str]:
    """Whom people were told of; what comes twice has the key of the first and counts once."""
    return sorted({got.key: got.subject for got in receiver.of(kind)}.values())


def until_looked(stack: LiveStack, at: float) -> None:
    """Wait until services are looked at by the clock as it is now, and that is written down."""
    stack.until(lambda: _last_look(stack) > at, f"a look at {at}")


def _last_look(stack: LiveStack) -> float:
    looks = spooled(stack, "at", "kind = 'result' AND subject = 'scenario-still'")
    return float(max(looks))


def kill_while_it_tells_of_web(stack: LiveStack, receiver: Receiver) -> None:
    """`web` dies for good; the watchdog is killed when its page has arrived, and before that is
    written down. The next one tells it again.
    """

    def kill(got: Got) -> None:
        if got.subject == "web" and not killed:
            killed.append(stack.kill("autoheal"))

    killed: list[int] = []
    receiver.before_answer = kill
    (stack.folder / "sound").unlink()
    stack.kill("web")
    twice = 2
    stack.until(
        lambda: [got.subject for got in receiver.of("page")].count("web") == twice,
        "the page comes again",
    )
    stack.until(lambda: stack.pid("autoheal") not in killed, "another watches")


def assert_copied_in_full(stack: LiveStack, began: float) -> None:
    """The copy holds what the spool holds, all of the hour, each thing once."""
    upto = spooled(stack)[-1]
    asyncio.run(until_copied(stack, upto))
    kept, copied = all_spooled(stack, upto), asyncio.run(all_copied(stack, upto))
    assert [row[1:] for row in copied] == [row[1:] for row in kept]
    times = zip(copied, kept, strict=True)
    assert max(abs(copy[0] - own[0]) for copy, own in times) < MICROSECOND
    numbers = [seq for _, seq, *_ in kept]
    assert numbers == list(range(numbers[0], upto + 1))
    looks = [(subject, at) for at, _, _, kind, subject, *_ in kept if kind == "result"]
    assert len(looks) == len(set(looks)), "a look was written down twice"
    steps = {int((at - began) // STEP) for subject, at in looks if subject == "scenario-still"}
    assert set(range(HOUR // STEP + 1)) <= steps, "looks in every part of the hour"

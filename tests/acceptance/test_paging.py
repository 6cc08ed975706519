"""A person is told once of what needs one, and once when it is over, whatever dies in between."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.receiver import Receiver, receiving
from tests.support.stack import LiveStack
from vrooli.main.selftest_hook import Got


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes what people are told."""
    with receiving() as one:
        yield one


def test_what_cannot_be_healed_pages_once_and_its_end_is_told(
    stack: LiveStack, receiver: Receiver
) -> None:
    stack.tell({"hook": {"url": receiver.url}})
    stack.touch("sound")
    stack.add("web", "--crash-unless", "sound")
    stack.write()
    stack.up()
    stack.until_ok()
    (stack.folder / "sound").unlink()
    stack.kill("web")
    stack.until(lambda: receiver.of("page"), "it is paged")
    page = receiver.of("page")[0]
    assert "web fails" in page.title
    assert page.type == "failure"
    stack.touch("sound")
    stack.run("start", "web")
    stack.until(lambda: receiver.of("resolved"), "its end is told")
    stack.until_ok()
    assert [one.kind for one in receiver.got] == ["page", "resolved"]
    assert "web is well again" in receiver.of("resolved")[0].title


def test_a_burst_of_lines_pages_once_and_its_end_is_told(
    stack: LiveStack, receiver: Receiver
) -> None:
    log = stack.folder / "shop.log"
    log.write_text("ERROR of before\n", encoding="utf-8")
    stack.tell({"hook": {"url": receiver.url}})
    stack.check(
        "shop-log",
        kind="log-pattern",
        path=str(log),
        pattern="ERROR",
        window="6s",
        interval=0.5,
        warning=1,
        critical=2,
    )
    stack.write()
    stack.up()
    stack.until_result("shop-log", "ok")
    with log.open("a", encoding="utf-8") as file:
        file.write("ERROR no more orders\n" * 5)
    stack.until(lambda: receiver.of("page"), "it is paged")
    page = receiver.of("page")[0]
    assert "shop-log is critical: 5 lines match within 6s: ERROR no more orders" in page.title
    stack.until(lambda: receiver.of("resolved"), "its end is told")
    assert [one.kind for one in receiver.got] == ["page", "resolved"]


def test_a_parent_with_ten_children_pages_once(stack: LiveStack, receiver: Receiver) -> None:
    family(stack, receiver)
    bring_down(stack)
    stack.until(lambda: receiver.of("page"), "the parent is paged")
    stack.until(
        lambda: all(stack.service(name)["state"] == "blocked" for name in CHILDREN),
        "the children are blocked",
    )
    mend(stack)
    stack.until_ok()
    stack.until(lambda: receiver.of("resolved"), "the end is told")
    time.sleep(3)  # time for a second page that must not come
    assert [one.kind for one in receiver.got] == ["page", "resolved"], receiver.got
    assert "parent fails" in receiver.got[0].title
    assert all(name in receiver.got[0].body for name in CHILDREN)
    assert [len(stack.starts(name)) for name in CHILDREN] == [1] * len(CHILDREN)


def test_a_watchdog_killed_while_it_tells_loses_nothing_and_repeats_the_key(
    stack: LiveStack, receiver: Receiver
) -> None:
    """It dies after the message has arrived and before that is written down: it comes again."""
    family(stack, receiver, children=1)
    killed: list[str] = []

    def kill_first(got: Got) -> None:
        if got.kind not in killed:
            killed.append(got.kind)
            stack.kill("autoheal")

    receiver.before_answer = kill_first
    bring_down(stack)
    stack.until(lambda: len(receiver.of("page")) == 2, "the page comes again")
    mend(stack)
    stack.until(lambda: len(receiver.of("resolved")) == 2, "its end comes again")
    stack.until_ok()
    assert killed == ["page", "resolved"]
    assert len(receiver.keys("page")) == len(receiver.keys("resolved")) == 1, receiver.got


@pytest.mark.parametrize("seed", range(3))
def test_a_watchdog_killed_at_any_moment_loses_no_page_and_no_end(
    stack: LiveStack, receiver: Receiver, seed: int
) -> None:
    """Killed again and again from before the failure until after the end. What comes twice has the
    key of the first."""
    family(stack, receiver, children=3)
    with Killer(stack, random.Random(seed)) as killer:
        bring_down(stack)
        stack.until(lambda: receiver.of("page"), "the parent is paged")
        stack.until(lambda: killer.killed >= 2, "it was killed twice")
        mend(stack)
        stack.until(lambda: receiver.of("resolved"), "the end is told")
        stack.until(lambda: killer.killed >= 5, "it was killed five times")
    stack.until_ok()
    time.sleep(3)  # time for what must not come
    assert {one.kind for one in receiver.got} == {"page", "resolved"}
    assert len(receiver.keys("page")) == len(receiver.keys("resolved")) == 1, receiver.got


CHILDREN = [f"child-{letter}" for letter in "abcdefghij"]


def family(stack: LiveStack, receiver: Receiver, children: int = 10) -> None:
    """A parent that needs a file to start, and children that need the parent; up."""
    stack.tell({"hook": {"url": receiver.url}})
    stack.touch("sound")
    stack.add("parent", "--crash-unless", "sound", health={"http": "/", "interval": 1})
    relies = ["--relies-on", str(stack.port("parent"))]
    for name in CHILDREN[:children]:
        stack.add(name, *relies, needs=["parent"], health={"http": "/", "interval": 1})
    stack.write()
    stack.up()
    stack.until_ok()


def bring_down(stack: LiveStack) -> None:
    """The parent ends, and cannot start again."""
    (stack.folder / "sound").unlink()
    os.kill(stack.starts("parent")[-1], signal.SIGKILL)


def mend(stack: LiveStack) -> None:
    """It can start again, and is started by hand; again when the watchdog dies in the middle."""
    stack.touch("sound")
    stack.until(lambda: stack.run("start", "parent").returncode == 0, "it is started")


class Killer:
    """Kills one watchdog after the other, at random moments, five times: the keeper waits longer
    before each start of one that dies young.
    """

    def __init__(self, stack: LiveStack, moments: random.Random) -> None:
        self._stack, self._moments = stack, moments
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.killed = 0

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while self.killed < 5 and not self._stop.wait(self._moments.uniform(0.2, 2.5)):
            pid = int(self._stack.service("autoheal").get("pid") or 0)
            if pid:
                os.kill(pid, signal.SIGKILL)
                self.killed += 1

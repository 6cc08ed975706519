"""Calls that may hang: bounded, one at a time for a key, and no hindrance to anybody else."""

import asyncio
import gc
import subprocess
import sys
import threading

import pytest

from tests.support.waiting import wait_for
from vrooli.core.errors import DeadlineExceeded
from vrooli.stack.aside import Aside

LONG = 60.0  # seconds; only a broken test waits so long


def test_what_the_call_returns_or_raises_is_handed_on() -> None:
    aside = Aside()
    assert aside.ask("disk", lambda: 7, LONG) == 7
    with pytest.raises(ZeroDivisionError):
        aside.ask("disk", lambda: 1 // 0, LONG)
    with pytest.raises(TimeoutError, match="its own"):  # ETIMEDOUT of a disk is no deadline of ours
        aside.ask("disk", _times_out, LONG)


def test_one_that_hangs_is_left_after_its_deadline_and_holds_up_no_other() -> None:
    aside, let_go = Aside(), threading.Event()
    with pytest.raises(DeadlineExceeded) as caught:
        aside.ask("dead", let_go.wait, 0.05)
    assert caught.value.where == "dead"
    assert aside.ask("alive", lambda: "here", LONG) == "here"
    let_go.set()


def test_no_second_one_is_started_while_one_hangs_and_nobody_waits_for_it_again() -> None:
    aside, let_go, started = Aside(), threading.Event(), []

    def hang() -> bool:
        started.append(1)
        return let_go.wait()

    for _ in range(5):
        with pytest.raises(DeadlineExceeded):
            aside.ask("dead", hang, 0.05)
    assert started == [1]
    assert aside.hangs("dead")
    let_go.set()
    wait_for(lambda: not aside.hangs("dead"), "it is over")
    assert aside.ask("dead", lambda: "back", LONG) == "back"


def test_who_comes_while_a_call_is_under_way_gets_its_answer() -> None:
    aside, let_go, asked = Aside(), threading.Event(), threading.Event()
    answers: list[object] = []

    def slow() -> str:
        asked.set()
        let_go.wait()
        return "the first"

    first = threading.Thread(target=lambda: answers.append(aside.ask("disk", slow, LONG)))
    first.start()
    assert asked.wait(LONG)
    second = threading.Thread(
        target=lambda: answers.append(aside.ask("disk", lambda: "the second", LONG))
    )
    second.start()
    let_go.set()
    first.join(LONG)
    second.join(LONG)
    assert answers[0] == "the first"
    assert answers[1] in ("the first", "the second")  # the second may have come after its end


async def test_on_a_loop_it_is_the_same_and_the_loop_goes_on() -> None:
    aside, let_go = Aside(), threading.Event()
    assert await aside.answer("disk", lambda: 7, LONG) == 7
    with pytest.raises(ZeroDivisionError):
        await aside.answer("disk", lambda: 1 // 0, LONG)
    with pytest.raises(TimeoutError, match="its own"):
        await aside.answer("disk", _times_out, LONG)
    hanging = [asyncio.create_task(aside.answer("dead", let_go.wait, 0.2)) for _ in range(50)]
    assert await aside.answer("alive", lambda: "here", LONG) == "here"
    ended = await asyncio.gather(*hanging, return_exceptions=True)
    assert {type(error) for error in ended} == {DeadlineExceeded}
    assert sum(thread.name == "aside dead" for thread in threading.enumerate()) == 1
    let_go.set()
    wait_for(lambda: not aside.hangs("dead"), "it is over")


async def test_one_that_is_left_alone_ends_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    aside, let_go = Aside(), threading.Event()

    def fail() -> None:
        let_go.wait()
        raise OSError("too late")

    with pytest.raises(DeadlineExceeded):
        await aside.answer("dead", fail, 0.05)
    waiter = asyncio.create_task(aside.answer("dead", fail, LONG))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.wait({waiter})
    let_go.set()
    wait_for(lambda: not aside.hangs("dead"), "it is over")
    await asyncio.sleep(0.05)
    gc.collect()
    assert not caplog.records


def test_a_process_ends_while_one_hangs() -> None:
    code = """
import threading
from vrooli.stack.aside import Aside
from vrooli.core.errors import DeadlineExceeded
try:
    Aside().ask("dead", threading.Event().wait, 0.05)
except DeadlineExceeded:
    print("left alone")
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG, check=True
    )
    assert ended.stdout == "left alone\n"


def _times_out() -> None:
    raise TimeoutError("its own")

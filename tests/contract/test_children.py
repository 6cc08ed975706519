"""Short-lived processes of our own: real ones, and functions in memory."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.leftovers import living
from tests.support.waiting import eventually
from vrooli.core.errors import DeadlineExceeded
from vrooli.core.ports.children import MOST_OUTPUT, Children, Ended
from vrooli.host.memory.children import MemoryChildren
from vrooli.host.python_child import PythonChildren

MODULE = "tests.support.programs.child"
SECONDS = 60.0


async def act(given: bytes) -> Ended:
    """What the module does."""
    asked = json.loads(given)
    await asyncio.sleep(asked.get("sleep", 0))
    return Ended(asked.get("code", 0), asked.get("say", "").encode(), asked.get("complain", ""))


async def gone(note: Path) -> None:
    """Wait until the process noted there has ended: a signal takes its time."""

    async def ended() -> bool:
        return not living(int(note.read_text(encoding="ascii")))

    await eventually(ended, "what it started is gone")


def given(**asked: Any) -> bytes:
    return json.dumps(asked).encode()


@pytest.fixture
def real() -> PythonChildren:
    """Children with a small environment."""
    return PythonChildren({"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd()})


@pytest.fixture(params=["real", "memory"])
def children(request: pytest.FixtureRequest, real: PythonChildren) -> Children:
    """Both."""
    return real if request.param == "real" else MemoryChildren({MODULE: act})


async def test_what_goes_in_comes_out(children: Children) -> None:
    ended = await children.run(MODULE, given(say="it ✓", complain="hm", code=3), SECONDS)
    assert ended == Ended(3, "it ✓".encode(), "hm")


async def test_a_module_that_is_not_there_is_a_failure(children: Children) -> None:
    ended = await children.run("tests.support.programs.nothing", b"", SECONDS)
    assert ended.code == 1
    assert "No module named" in ended.errors


async def test_too_long_an_answer_is_cut(children: Children) -> None:
    ended = await children.run(MODULE, given(say="x" * (MOST_OUTPUT + 9)), SECONDS)
    assert len(ended.output) == MOST_OUTPUT


async def test_one_that_takes_too_long_is_an_error(children: Children) -> None:
    with pytest.raises(DeadlineExceeded):
        await children.run(MODULE, given(sleep=600), 0.5)


async def test_it_is_killed_with_what_it_started(real: PythonChildren, tmp_path: Path) -> None:
    note, seconds = tmp_path / "pid", 1.0
    while not (
        note.exists() and note.read_text(encoding="ascii")
    ):  # a busy machine may need longer to start it
        with pytest.raises(DeadlineExceeded):
            await real.run(MODULE, given(fork=str(note), sleep=600), seconds)
        seconds *= 2
    await gone(note)


async def test_it_is_killed_when_the_caller_is_cancelled(
    real: PythonChildren, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    task = asyncio.create_task(real.run(MODULE, given(fork=str(note), sleep=600), SECONDS))

    async def started() -> bool:
        return note.exists() and bool(note.read_text(encoding="ascii"))

    await eventually(started, "it has a child")
    task.cancel()
    await asyncio.wait({task})
    await gone(note)


async def test_it_gets_no_environment_but_the_given_one(real: PythonChildren) -> None:
    ended = await real.run(MODULE, given(environment=True), SECONDS)
    assert set(json.loads(ended.output)) <= {"PATH", "PYTHONPATH", "LC_CTYPE"}

"""The main promise, on the default parts: it comes up, stays up, and goes down without a trace."""

import random
import signal

import pytest

from tests.support.stack import LiveStack

PARTS = ("postgres", "server", "autoheal")
DEEDS = [(part, number) for part in PARTS for number in (signal.SIGKILL, signal.SIGSTOP)]


def test_the_stack_comes_up_healthy_and_a_second_up_changes_nothing(stack: LiveStack) -> None:
    stack.with_postgres_and_server()
    stack.write()
    stack.up()
    assert stack.status()["status"] == "ok", stack.story()
    before = stack.pids(*PARTS, "keeper")
    assert "nothing was changed" in stack.up().stderr
    assert stack.pids(*PARTS, "keeper") == before
    stack.down()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_killed_or_stopped_comes_back_and_nothing_else_is_touched(
    stack: LiveStack, seed: int
) -> None:
    stack.with_postgres_and_server()
    stack.write()
    stack.up()
    stack.until_ok()
    deeds = random.Random(seed).sample(DEEDS, len(DEEDS))
    for part, number in deeds[:3] if seed == 1 else deeds:
        _break_and_wait(stack, part, number)
    stack.down()


def _break_and_wait(stack: LiveStack, part: str, number: int) -> None:
    before, heals = stack.pids(*PARTS, "keeper"), stack.outcomes(part).count("healed")
    stack.kill(part, number)
    stack.until_healed(part, heals + 1)
    after = stack.pids(*PARTS, "keeper")
    same = {name: pid for name, pid in before.items() if name != part}
    assert {name: pid for name, pid in after.items() if name != part} == same, stack.story()
    assert set(stack.outcomes("")) == {"healed"}, stack.story()

"""An attempt always has an answer, and it is the one that a replay will see."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import vrooli.execution.steps
from tests.support.clocks import TurnedClock
from vrooli.execution import step_types
from vrooli.execution.executor import LARGEST, StepExecutor
from vrooli.flow.entries import Finished
from vrooli.flow.interpreter import Call
from vrooli.flow.model import StepNode
from vrooli.flow.template import Template

PLUGIN = """
from dataclasses import replace
from vrooli.core.errors import Unreachable, VrooliError
from vrooli.execution.step_type import StepFailed
from vrooli.execution.steps.value import step as value

async def run(call, tools):
    {body}

def repeatable(arguments):
    return arguments["nobody"] == "gave this"

step = replace(value, name="odd", run=run, repeatable=repeatable)
"""


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes a type of step whose `run` has this body, and executes it."""
    monkeypatch.syspath_prepend(str(tmp_path))  # its end forgets cached imports as well
    vrooli.execution.steps.__path__.append(str(tmp_path))

    async def execute(body: str, **arguments: Any) -> Finished:
        (tmp_path / "odd.py").write_text(PLUGIN.format(body=body), encoding="utf-8")
        importlib.invalidate_caches()
        return await executor().execute(call("odd", arguments), 0.0)

    yield execute
    vrooli.execution.steps.__path__.remove(str(tmp_path))
    sys.modules.pop("vrooli.execution.steps.odd", None)
    for cached in (step_types.step_type, step_types.validator):
        cached.cache_clear()


def executor() -> StepExecutor:
    tools: Any = SimpleNamespace(clock=TurnedClock())
    return StepExecutor("run", tools)


def call(kind: str, arguments: Any) -> Call:
    return Call("a", 1, StepNode("a", kind, Template({})), arguments)


async def test_a_value_is_handed_on() -> None:
    end = await executor().execute(call("value", {"x": [1]}), 0.0)
    assert (end.path, end.attempt, end.output, end.failure) == ("a", 1, {"x": [1]}, None)


async def test_an_output_is_at_once_what_a_replay_will_see(odd: Any) -> None:
    end = await odd("return {1: (2, 3), 'x': True}")
    assert repr(end.output) == repr({"1": [2, 3], "x": True})


@pytest.mark.parametrize(
    ("body", "kind", "retryable"),
    [
        ("return float('nan')", "output", False),
        ("return object()", "output", False),
        (f"return 'x' * {LARGEST}", "output", False),
        ("return '\\0'", "output", False),
        ("return '\\ud83d'", "output", False),
        ("raise StepFailed('odd', 'it is', retryable=True)", "odd", True),
        ("raise Unreachable('nobody')", "unreachable", True),
        ("raise VrooliError('no')", "failed", False),
        ("raise KeyError('x')", "defect", False),
    ],
)
async def test_a_failure_is_an_answer(odd: Any, body: str, kind: str, retryable: bool) -> None:
    end = await odd(body)
    assert end.failure is not None
    assert (end.failure.kind, end.failure.retryable) == (kind, retryable)
    assert end.output is None


@pytest.mark.parametrize("text", ["\\\\u0000", "\\ud83d\\ude00", "\\\\ud83d"])
async def test_what_only_looks_like_a_bad_character_is_none(odd: Any, text: str) -> None:
    end = await odd(f"return '{text}'")
    assert end.failure is None


async def test_who_cannot_say_whether_it_may_be_repeated_may_not(odd: Any) -> None:
    await odd("return 1")
    assert not executor().repeatable(call("odd", {}))
    assert executor().repeatable(call("odd", {"nobody": "gave this"}))
    assert executor().repeatable(call("value", {}))

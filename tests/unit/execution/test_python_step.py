"""The step `python`, by the twin: what it hands on, and what may be repeated."""

from typing import Any

import pytest

from tests.support.steps import call, executed, failure, output, tools
from vrooli.core.ports.sandbox import MIB, Limits, Outcome, SandboxUnavailable
from vrooli.execution.executor import StepExecutor
from vrooli.host.memory.sandbox import MemorySandbox

CODE = "def main(inputs): return inputs"


class Nowhere:
    """A machine that cannot keep code in."""

    async def run(self, code: str, inputs: bytes, limits: Limits, network: bool) -> Outcome:
        raise SandboxUnavailable("not here")


async def test_inputs_and_limits_are_handed_on() -> None:
    sandbox = MemorySandbox()
    arguments = {"code": CODE, "inputs": [1], "memory_mb": 64, "cpu_seconds": 2, "network": True}
    assert output(await executed("python", arguments, tools(sandbox=sandbox))) == [1]
    assert output(await executed("python", {"code": CODE}, tools(sandbox=sandbox))) == {}
    assert sandbox.ran == [(Limits(cpu=2, memory=64 * MIB), True), (Limits(), False)]


async def test_nothing_is_run_where_it_cannot_be_kept_in() -> None:
    ended = await executed("python", {"code": CODE}, tools(sandbox=Nowhere()))
    assert failure(ended) == ("sandbox", False)


@pytest.mark.parametrize(
    ("arguments", "repeatable"),
    [({}, True), ({"network": True}, False), ({"network": True, "repeatable": True}, True)],
)
def test_what_may_be_repeated(arguments: dict[str, Any], repeatable: bool) -> None:
    executor = StepExecutor("run-1", tools())
    assert executor.repeatable(call("python", {"code": CODE, **arguments})) is repeatable


@pytest.mark.parametrize("arguments", [{}, {"code": 1}, {"code": CODE, "memory_mb": 1}])
async def test_arguments_that_cannot_be(arguments: dict[str, Any]) -> None:
    assert failure(await executed("python", arguments, tools())) == ("arguments", False)

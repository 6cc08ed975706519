"""Steps as the executor runs them, with twins for what a test does not bring itself."""

from collections.abc import Mapping
from typing import Any

from vrooli.core.ports.http import Answer, Request
from vrooli.core.ports.sql import Rows
from vrooli.execution.executor import StepExecutor
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import NO_MODELS
from vrooli.execution.step_type import StepTools
from vrooli.flow.entries import Finished
from vrooli.flow.interpreter import Call
from vrooli.flow.model import StepNode
from vrooli.flow.template import Template
from vrooli.host.memory.approvals import MemoryApprovals
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.http import MemoryHttp
from vrooli.host.memory.sandbox import MemorySandbox
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.memory.sql import MemorySql
from vrooli.host.memory.workspaces import MemoryWorkspaces


async def _nothing(request: Request) -> Answer:
    return Answer(404, {}, b"")


def tools(**own: Any) -> StepTools:
    """Twins of all that steps work with, but for what is given."""
    clock = own.get("clock", MemoryClock())
    twins: dict[str, Any] = {
        "clock": clock,
        "http": MemoryHttp(_nothing),
        "sandbox": MemorySandbox(),
        "sql": MemorySql(lambda statement: Rows((), ())),
        "workspaces": MemoryWorkspaces(),
        "secrets": MemorySecrets(),
        "approvals": MemoryApprovals(),
        "models": Models(NO_MODELS, MemorySecrets(), clock),
    }
    return StepTools(**{**twins, **own})


def call(kind: str, arguments: Mapping[str, Any], seconds: float = 60.0) -> Call:
    """The first attempt of the step `it` of this type."""
    node = StepNode("it", kind, Template({}), timeout=seconds)
    return Call("it", 1, node, dict(arguments))


async def executed(
    kind: str, arguments: Mapping[str, Any], given: StepTools, seconds: float = 60.0
) -> Finished:
    """How it ends."""
    begun = given.clock.wall()
    return await StepExecutor("run-1", given).execute(call(kind, arguments, seconds), begun)


def output(finished: Finished) -> Any:
    """Of a step that worked."""
    assert finished.failure is None, finished.failure
    return finished.output


def failure(finished: Finished) -> tuple[str, bool]:
    """Kind, and whether the same may succeed later, of a step that did not."""
    assert finished.failure is not None, finished.output
    return finished.failure.kind, finished.failure.retryable

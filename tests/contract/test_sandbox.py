"""Port `Sandbox`: namespaces of Linux, and the twin, which keeps nothing in."""

import json
from typing import Any

import pytest

from vrooli.core.errors import TooLarge
from vrooli.core.ports.sandbox import Limits, Outcome, Sandbox
from vrooli.host.memory.sandbox import MemorySandbox
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox


@pytest.fixture(params=["linux", "memory"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return LinuxSandbox() if request.param == "linux" else MemorySandbox()


async def run(sandbox: Sandbox, code: str, inputs: Any = None, **limits: int) -> Outcome:
    return await sandbox.run(code, json.dumps(inputs).encode(), Limits(**limits), network=False)


@pytest.mark.parametrize("value", [None, 1.5, "ä\0 \U0001f40d", [{"a": [True]}], "x" * 300_000])
async def test_what_goes_in_comes_out(sandbox: Sandbox, value: Any) -> None:
    outcome = await run(sandbox, "def main(inputs): return [inputs]", value)
    assert (json.loads(outcome.output), outcome.error) == ([value], "")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def main(i): return 1 / 0", "ZeroDivisionError: division by zero"),
        ("def main(i): return {1, 2}", "TypeError"),
        ("def main(i): return float('nan')", "ValueError"),
        ("1 / 0", "ZeroDivisionError"),
        ("def main(i)", "SyntaxError"),
        ("a = 1", "Error"),
        ("def main(): pass", "TypeError"),
    ],
)
async def test_what_goes_wrong_is_said(sandbox: Sandbox, code: str, error: str) -> None:
    outcome = await run(sandbox, code)
    assert outcome.output == b""
    assert error in outcome.error


async def test_too_large_an_output(sandbox: Sandbox) -> None:
    code = "def main(i): return 'x' * 100"
    assert (await run(sandbox, code, output=102)).error == ""
    with pytest.raises(TooLarge):
        await run(sandbox, code, output=101)

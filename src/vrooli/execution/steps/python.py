"""A function in Python, kept in."""

import json
from collections.abc import Mapping
from typing import Any

from vrooli.core.errors import TooLarge
from vrooli.core.ports.sandbox import MIB, Limits, Outcome, SandboxUnavailable
from vrooli.execution.step_type import StepCall, StepFailed, StepTools, StepType

_ABOUT = """\
The output is what `main(inputs)` returns. The code sees the standard library of the server's Python
and nothing that is installed; the system's programs, read-only; an empty folder, which is the
current one, is gone afterwards and holds 64 MiB; no other file of the machine, no variable but
`PATH` and `LANG`, no network, no process of others. It is a user that owns nothing (started by
root: one that exists for this call alone). At most 16 processes or threads at once, 256 open files;
all are killed when `main` has returned, when the time of the step is over, and when the run is
cancelled.

Failures: `code` (it raised something, or was killed for what it used up; the reason ends with what
it printed), `too-large` (over 1 MiB of output or of printed text), `sandbox` (this machine cannot
keep code in: it needs Linux, and namespaces for users without rights, or a server started by root;
in a container that is a matter of its seccomp profile). Nothing is run then.

```yaml
- step: total
  python:
    inputs: { rows: "${steps.sales.rows}" }
    code: |
      def main(inputs):
          return {"total": sum(row["amount"] for row in inputs["rows"])}
```"""

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["code"],
    "additionalProperties": False,
    "properties": {
        "code": {
            "type": "string",
            "maxLength": 200_000,
            "description": "defines `main(inputs)`; write no expressions in it, hand them over as "
            "`inputs`: a text that is put into code is executed",
        },
        "inputs": {"default": {}, "description": "given to `main`, any JSON value"},
        "network": {
            "type": "boolean",
            "default": False,
            "description": "let it into the network of this machine, loopback included; then it "
            "may do something that must not be done twice",
        },
        "repeatable": {
            "type": "boolean",
            "default": False,
            "description": "with `network`: nobody is harmed when it is run twice; without, it "
            "always is",
        },
        "memory_mb": {
            "type": "integer",
            "minimum": 32,
            "maximum": 8192,
            "default": 256,
            "description": "address space of each process, in MiB",
        },
        "cpu_seconds": {
            "type": "integer",
            "minimum": 1,
            "maximum": 3600,
            "default": 60,
            "description": "processor time of each process",
        },
    },
}


async def _run(call: StepCall, tools: StepTools) -> Any:
    given = call.arguments
    limits = Limits(cpu=given.get("cpu_seconds", 60), memory=given.get("memory_mb", 256) * MIB)
    inputs = json.dumps(given.get("inputs", {}), allow_nan=False).encode()
    network = given.get("network", False)
    try:
        outcome = await tools.sandbox.run(given["code"], inputs, limits, network)
    except SandboxUnavailable as error:
        raise StepFailed("sandbox", error.what) from error
    except TooLarge as error:
        raise StepFailed("too-large", error.what) from error
    if outcome.error:
        raise StepFailed("code", _reason(outcome))
    return json.loads(outcome.output)


def _reason(outcome: Outcome) -> str:
    printed = outcome.printed.strip()
    return f"{outcome.error}; it printed: ...{printed[-500:]}" if printed else outcome.error


def _repeatable(given: Mapping[str, Any]) -> bool:
    return given.get("network") is not True or given.get("repeatable") is True


step = StepType(
    name="python",
    title="Runs a function in Python, kept in",
    arguments=_SCHEMA,
    run=_run,
    repeatable=_repeatable,
    about=_ABOUT,
)

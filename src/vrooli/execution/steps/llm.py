"""Asks a language model."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from vrooli.execution import tool_types
from vrooli.execution.llm import strategy
from vrooli.execution.llm.strategy import Strategy, strategy_of
from vrooli.execution.step_type import StepCall, StepFailed, StepTools, StepType
from vrooli.stack.mcp import NAME

_ABOUT = """\
The output has `text`, or `json` where an `output` is asked for; `model`; and `usage`: `requests`,
`tokens`, and `micros`, millionths of a US dollar (null when nobody knows the price). With
`conversational` also `history`, for the `history` of a later step.

Every answer of the model and every use of a tool is in the journal before the next one is asked
for, as `STEP/model[1]`, `STEP/tool[1]`: after a crash, and in the next attempt of the step, they
are taken from there. So the step is repeatable. A tool that is not, and was begun before a crash,
fails the step with `unknown-effect`. Other failures of a tool are told to the model.

What an MCP server offers is in the journal as `STEP/mcp:NAME`, so that a later attempt sees the
same tools; the model sees them as `NAME_TOOL`. What such a tool says counts as it is, up to 256 KiB
of text or JSON. One that the server calls read-only or idempotent is repeatable, any other is not.
Each use carries a key in its `_meta` (`com.vrooli/idempotency-key`), the same in every attempt. A
server that is of no use fails the step, with `unknown-effect` where it was in the middle of what is
not repeatable; else with `unreachable` (it does not start, or broke off), `timeout`, `garbage` (no
MCP), `server-error`, `refused`; or `no-mcp` (it is not declared).

Failures: `no-model` (its provider is not declared, not installed, or does not know it),
`refused-key`, `quota`, `rate-limit` (later; the provider's `Retry-After` is kept to by all runs),
`server-error`, `timeout`, `unreachable` and `provider-down` (later; after 5 failures in a row a
provider is left alone for 30 s, then tried twice), `garbage` (later), `rejected`, `context` (too
long), `content-filter`, `limit` (one of `limits`), `too-large`, `budget`.

| strategy | temperature | requests | |
|---|---|---|---|
| `deterministic` | 0 | 1 (`output`: 3, `tools`, `mcp`: 25) | the same in, likely the same out |
| `reasoning` | the model's own | 25 | takes the steps that it needs |
| `conversational` | the model's own | 25 | goes on from `history`, and hands it on |

```yaml
- step: summary
  llm:
    model: openai:gpt-5-mini
    prompt: "Sum this up in three sentences: ${steps.page.body}"
    output:
      type: object
      required: [summary]
      properties: { summary: { type: string } }
  retry: { most: 5 }
```"""

_LIMITS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "default": {},
    "description": "`requests` (to the model), `tokens` (in and out of all requests, 200000; "
    "counted after each answer), "
    "`cost` (US dollars, of all requests in all attempts, those that were cut off with what they "
    "may have cost; what the next may cost at most must be left, and its price be known), "
    "`answer_tokens` (of one answer, 8192), `output_bytes` (262144)",
    "properties": {
        "requests": {"type": "integer", "minimum": 1, "maximum": 1000},
        "tokens": {"type": "integer", "minimum": 1, "maximum": 100_000_000},
        "cost": {"type": "number", "minimum": 0, "maximum": 1_000_000},
        "answer_tokens": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "output_bytes": {"type": "integer", "minimum": 1, "maximum": 1024 * 1024},
    },
}

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["model", "prompt"],
    "additionalProperties": False,
    "properties": {
        "model": {
            "type": "string",
            "pattern": r"^([a-z][a-z0-9_-]*:\S+|test)$",
            "description": "`provider:model`, of a provider that the server's settings declare; "
            "`test` needs nobody and answers in made-up words",
        },
        "prompt": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1_000_000,
            "description": "what is asked",
        },
        "instructions": {
            "type": "string",
            "maxLength": 100_000,
            "description": "what holds for the whole conversation",
        },
        "output": {"type": "object", "description": "JSON Schema of an object: the answer is one"},
        "tools": {
            "type": "array",
            "items": {"enum": tool_types.names()},
            "uniqueItems": True,
            "default": [],
            "description": "names of the tools that it may use",
        },
        "mcp": {
            "type": "array",
            "items": {"type": "string", "pattern": f"^{NAME.pattern}$"},
            "uniqueItems": True,
            "maxItems": 20,
            "default": [],
            "description": "names of the MCP servers whose tools it may use as well; `[mcp.NAME]` "
            "in `vrooli.toml` declares one",
        },
        "strategy": {
            "enum": list(strategy.NAMES),
            "default": strategy.NAMES[0],
            "description": "how it may act",
        },
        "history": {
            "type": "array",
            "default": [],
            "description": "what was said before: the `history` of an earlier step",
        },
        "limits": _LIMITS,
    },
}


async def _run(call: StepCall, tools: StepTools) -> Any:
    talk = await asyncio.to_thread(_load)
    chosen = strategy_of(call.arguments)
    output = await talk(call, tools, chosen)
    size = len(json.dumps(output))
    if size > chosen.bytes:
        what = f"the output has {size} bytes, more than {chosen.bytes}"
        raise StepFailed("too-large", what, where="limits.output_bytes")
    return output


def _load() -> Callable[[StepCall, StepTools, Strategy], Awaitable[Any]]:
    """Only now: a server whose routines ask no model does not pay a second and 40 MiB for it. In a
    thread: for that second nobody else would get an answer, and who looks would think it hung.
    """
    from vrooli.execution.llm.talk import talk

    return talk


def _repeatable(given: Mapping[str, Any]) -> bool:
    return True  # what must not be done twice is noted one by one


step = StepType(
    name="llm",
    title="Asks a language model",
    arguments=_SCHEMA,
    run=_run,
    repeatable=_repeatable,
    about=_ABOUT,
)

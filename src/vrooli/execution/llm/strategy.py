"""How a model may act, by the name of a strategy and the limits of a step. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAMES = ("deterministic", "reasoning", "conversational")

CORRECTIONS = 2
"""How often a model is asked again for an output that does not fit."""

REQUESTS, TOKENS, ANSWER_TOKENS, BYTES = 25, 200_000, 8192, 256 * 1024


@dataclass(frozen=True, slots=True)
class Strategy:
    """What holds for one conversation.

    Attributes:
        tools: names of those that it may use.
        servers: names of the MCP servers whose tools it may use.
        requests: to the model, at most.
        tokens: in and out, of all requests together.
        micros: millionths of a US dollar, of all requests together; None: any.
        answer_tokens: of one answer.
        bytes: of the output, as JSON.
        temperature: None: the model's own.
        keeps_history: whether the messages are part of the output.
    """

    tools: list[str]
    servers: list[str]
    requests: int
    tokens: int
    micros: int | None
    answer_tokens: int
    bytes: int
    temperature: float | None
    keeps_history: bool


def strategy_of(given: Mapping[str, Any]) -> Strategy:
    """By the arguments of a step."""
    name, limits = given.get("strategy", NAMES[0]), given.get("limits", {})
    tools, servers = list(given.get("tools", ())), list(given.get("mcp", ()))
    few = 1 + CORRECTIONS if "output" in given else 1
    alone = name == "deterministic" and not (tools or servers)
    return Strategy(
        tools=tools,
        servers=servers,
        requests=limits.get("requests", few if alone else REQUESTS),
        tokens=limits.get("tokens", TOKENS),
        micros=None if "cost" not in limits else math.floor(limits["cost"] * 1_000_000),
        answer_tokens=limits.get("answer_tokens", ANSWER_TOKENS),
        bytes=limits.get("output_bytes", BYTES),
        temperature=0.0 if name == "deterministic" else None,
        keeps_history=name == "conversational",
    )

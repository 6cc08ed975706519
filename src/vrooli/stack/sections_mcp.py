"""The section of a server of tools in `vrooli.toml`."""

from dataclasses import dataclass
from typing import ClassVar

from vrooli.stack.mcp import MEMORIES, MEMORY
from vrooli.stack.section_keys import FORBID, Duration, duration, flag, key, references, whole

_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}


@dataclass
class McpSection:
    """A server of tools for language models (MCP), which `llm` steps may name. Every server of this
    stack knows it, and gets the variables that its references name."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    command: list[str] | None = key(
        "The program and its arguments; it is spoken to by its standard input and output, and no "
        "shell is involved. It is started when a step first needs it, and ended with all that it "
        "started when the step ends.",
        'a list of texts, like ["/usr/local/bin/mcp-server"]',
        default="there is a `url`",
        example='["/usr/local/bin/mcp-server", "--read-only"]',
        schema=_TEXTS,
    )
    url: str | None = key(
        "Where it listens (streamable HTTP).",
        "http:// or https://, a host, and no user in it",
        default="there is a `command`",
        schema={"type": "string", "pattern": "^https?://"},
    )
    env: dict[str, str] | None = references(
        "Variables of the program. Beside them it has `PATH`, `LANG`, and as `HOME` an empty "
        "folder that is gone afterwards.",
        '{ GITHUB_TOKEN = "env:GITHUB_TOKEN" }',
    )
    headers: dict[str, str] | None = references(
        "Headers of each request to the `url`; the whole value stands behind the reference.",
    )
    timeout: Duration | None = duration(
        "Time for one answer; also for its start.", default="`1m`", example='"30s"'
    )
    tools: list[str] | None = key(
        "The tools that models may use; they see no others.",
        'a list of names, like ["search_issues"]',
        default="all that it offers",
        example='["search_issues"]',
        schema=_TEXTS,
    )
    memory_mb: int | None = whole(
        "Data that the program, and each that it starts, may have in memory, in MiB.",
        between=(int(MEMORIES[0]), int(MEMORIES[1])),
        default=str(MEMORY),
        example="512",
    )
    trust_hints: bool | None = flag(
        "Whether a tool that the server calls read-only or idempotent may be used again after a "
        "crash in the middle of it. Without, none may: only you know whether the server is right.",
        default="`false`",
        example="true",
    )

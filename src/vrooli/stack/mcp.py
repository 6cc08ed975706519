"""Servers of tools for models (MCP): what may be said of one, in `vrooli.toml` and in the variable
by which it reaches a server or worker of ours. Pure.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

VARIABLE = "VROOLI_MCP"
"""Takes them, as TOML or JSON."""

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
NAME_EXPECTED = "a name has at most 32 small letters, digits and `-`, a letter first"
REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+")

MOST_SERVERS = 50
MOST_ENTRIES = 50
"""Variables or headers of one."""

MOST_TOOLS = 200
"""Of one server that models are shown."""

TIMEOUT, TIMEOUTS = 60.0, (0.1, 3600.0)
MEMORY, MEMORIES = 1024, (64, 65_536)

KEYS = ("command", "url", "env", "headers", "timeout", "tools", "memory_mb", "trust_hints")

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_OURS = ("host", "content-", "accept", "mcp-", "connection", "transfer-encoding")
"""Headers that the protocol sets, or their beginnings."""

Mistake = tuple[str, str]
"""The key, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class McpServer:
    """One of them: a program that is started for each step, or an address.

    Attributes:
        name: by which steps name it.
        command: argv; empty where there is a `url`.
        url: where it listens.
        env: variables of the program, each the reference of a secret.
        headers: of each request, likewise.
        timeout: seconds for one answer.
        tools: those that models may use; None: all that it offers.
        memory_mb: MiB of data that the program, and each that it starts, may have.
        trust_hints: whether a tool that it calls read-only or idempotent may be used twice.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT
    tools: tuple[str, ...] | None = None
    memory_mb: int = MEMORY
    trust_hints: bool = False

    @property
    def where(self) -> str:
        """The address, or the program without its arguments."""
        return self.url or self.command[0]

    def to_json(self) -> dict[str, Any]:
        """As `server_of` takes it, without the name."""
        said = asdict(self)
        del said["name"]
        if self.url:
            del said["memory_mb"]
        return {key: value for key, value in said.items() if value not in ("", (), {}, None)}


def server_of(name: str, said: Mapping[str, Any]) -> McpServer:
    """By what `mistakes` found nothing in."""
    tools = said.get("tools")
    return McpServer(
        name=name,
        command=tuple(said.get("command", ())),
        url=said.get("url", ""),
        env=dict(said.get("env", {})),
        headers=dict(said.get("headers", {})),
        timeout=float(said.get("timeout", TIMEOUT)),
        tools=None if tools is None else tuple(tools),
        memory_mb=said.get("memory_mb", MEMORY),
        trust_hints=said.get("trust_hints", False),
    )


def mistakes(name: str, said: Mapping[str, Any]) -> Iterator[Mistake]:
    """All that is wrong with one. No value is repeated: it may be a secret."""
    if not NAME.fullmatch(name):
        yield "", NAME_EXPECTED
    for key in said:
        if key not in KEYS:
            yield key, f"expected one of {', '.join(KEYS)}"
    if ("command" in said) == ("url" in said):
        yield "", "needs either a `command` or a `url`"
    elif "command" in said:
        yield from _of_a_program(said)
    else:
        yield from _of_an_address(said)
    if "timeout" in said:
        yield from _number(said, "timeout", TIMEOUTS, whole=False)
    if "tools" in said and not _texts(said["tools"], MOST_TOOLS, 128):
        yield "tools", f"expected a list of 1 to {MOST_TOOLS} names of tools"
    if not isinstance(said.get("trust_hints", False), bool):
        yield "trust_hints", "expected `true` or `false`"


def _of_a_program(said: Mapping[str, Any]) -> Iterator[Mistake]:
    if not _texts(said["command"], 1000, 32_768):
        yield "command", "expected a list of texts, the program first"
    if "headers" in said:
        yield "headers", "only with a `url`"
    if "memory_mb" in said:
        yield from _number(said, "memory_mb", MEMORIES, whole=True)
    yield from _references(said, "env", _VARIABLE, "a variable has letters, digits and `_`")


def _of_an_address(said: Mapping[str, Any]) -> Iterator[Mistake]:
    if not is_address(said["url"]):
        yield "url", "expected http:// or https://, a host, and no user in it"
    for key in ("env", "memory_mb"):
        if key in said:
            yield key, "only with a `command`"
    yield from _references(said, "headers", _HEADER, "no header has such a name")
    headers = said.get("headers")
    for header in headers if isinstance(headers, dict) else ():
        if str(header).lower().startswith(_OURS):
            yield f"headers.{header}", "the protocol sets this one itself"


def is_address(url: object) -> bool:
    """Whether it is an HTTP address without a user in it."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        return False


def _references(
    said: Mapping[str, Any], key: str, name: re.Pattern[str], named: str
) -> Iterator[Mistake]:
    table = said.get(key, {})
    if not isinstance(table, dict) or len(table) > MOST_ENTRIES:
        yield key, f"expected a table of at most {MOST_ENTRIES} references"
        return
    for entry, value in table.items():
        if not name.fullmatch(entry):
            yield f"{key}.{entry}", named
        elif not isinstance(value, str) or not REFERENCE.fullmatch(value):
            yield f"{key}.{entry}", "a secret must be a reference: `env:NAME` or `file:PATH`"


def _texts(value: object, most: int, longest: int) -> bool:
    return (
        isinstance(value, list | tuple)
        and 0 < len(value) <= most
        and all(isinstance(one, str) and 0 < len(one) <= longest for one in value)
        and not any("\0" in one for one in value)
    )


def _number(
    said: Mapping[str, Any], key: str, allowed: tuple[float, float], *, whole: bool
) -> Iterator[Mistake]:
    value, (least, most) = said[key], allowed
    kind = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
        yield key, f"expected a {'whole ' * whole}number from {least:g} to {most:g}"

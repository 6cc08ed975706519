"""The section of `vrooli.toml` about the server of a fleet; see `sections.py`."""

from dataclasses import dataclass
from typing import ClassVar

from vrooli.stack.section_keys import FORBID, Duration, duration, key


@dataclass
class FleetSection:
    """The server of another host to which this watchdog posts its history, so that one place tells
    how all hosts are."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    server: str | None = key(
        "The address of that server. Plain HTTP goes to this machine only, where a tunnel ends.",
        "`https://HOST[:PORT]`, or `http://127.0.0.1:PORT` for a tunnel",
        default="none: nothing is posted",
        example='"https://vrooli.example.org"',
        schema={"type": "string", "pattern": "^https?://"},
    )
    token: str | None = key(
        "The token that `vrooli host add` printed there.",
        "`env:NAME` or `file:PATH`",
        example='"file:secrets/fleet"',
        schema={"type": "string", "pattern": "^(env|file):"},
    )
    every: Duration | None = duration(
        "Time between two posts; many new records go at once.", default="`15s`"
    )

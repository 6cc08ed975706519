"""The sections of `vrooli.toml` about who is told; see `sections.py`."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from vrooli.stack.section_keys import FORBID, Duration, duration, key, whole


@dataclass
class ChannelSection:
    """One address at which people are told: what `apprise` understands, and its URL."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    url: str | None = key(
        "The apprise URL. For most services it holds a secret, so that a reference stands here: "
        "`env:NAME` or `file:PATH`. A hook of your own may stand here itself: `json://host:port/`.",
        "`env:NAME`, `file:PATH`, or an apprise URL without a secret",
        example='"file:secrets/phone"',
        schema={"type": "string", "minLength": 1},
    )
    severities: list[Literal["critical", "warning", "info"]] | None = key(
        "What is told there. `info` is the digest.",
        'a list of "critical", "warning", "info"',
        default="all of them; none for one that is only the `second` of another",
        example='["critical", "warning"]',
    )
    second: str | None = key(
        "The channel that stands in while this one fails.",
        "the name of another channel",
        default="none",
    )


@dataclass
class NotifySection:
    """Who is told when a person is needed. What was healed does not page: it goes into the
    digest."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    digest: Duration | None = duration(
        "Time between two digests of what was healed and of warnings; nothing to tell, no digest.",
        default="`24h`",
        example='"24h"',
    )
    flood: int | None = whole(
        "Messages that one channel gets within `flood_window`; what goes beyond comes as one "
        "message a minute.",
        between=(1, 1000),
        default="10",
    )
    flood_window: Duration | None = duration("See `flood`.", default="`10m`")
    resolve_after: Duration | None = duration(
        "Time that something must be well in one piece before its end is told.", default="`30s`"
    )
    channels: dict[str, ChannelSection] | None = key(
        "Where people are told.",
        'tables of channels, like [notify.channels.phone] with url = "file:secrets/phone"',
        default="none: nobody is told",
        example='{ phone = { url = "file:secrets/phone" } }',
    )

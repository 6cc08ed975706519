"""The section of a maintenance window in `vrooli.toml`."""

from dataclasses import dataclass
from typing import ClassVar

from vrooli.stack.section_keys import (
    FORBID,
    Duration,
    due_times,
    duration,
    flag,
    key,
    service_names,
    zone,
)


@dataclass
class MaintenanceSection:
    """A time, again and again, in which nothing is healed and nobody is paged: updates, a reload
    of data. `vrooli-autoheal maintenance start` begins one by hand."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    schedule: str | None = due_times("When it begins", example='"0 3 * * SUN"')
    duration: Duration | None = duration("How long it lasts, at most a week.", example='"2h"')
    services: list[str] | None = service_names(
        "What it covers; of a service with several instances, all of them.",
        default="everything",
    )
    timezone: str | None = zone()
    why: str | None = key(
        "The reason, for those who see it.",
        "one line of text",
        default="`[maintenance.NAME]`",
        example='"weekly updates"',
        schema={"type": "string", "minLength": 1, "maxLength": 500},
    )
    until_green: bool | None = flag(
        "`true` ends it early, when what it covers has failed in it and is well again.",
        default="`false`",
        example="true",
    )

"""The section of a job in `vrooli.toml`."""

from dataclasses import dataclass
from typing import ClassVar

from vrooli.stack.section_keys import (
    FORBID,
    Duration,
    due_times,
    duration,
    env,
    flag,
    key,
    service_names,
    user,
    whole,
    zone,
)


@dataclass
class JobSection:
    """A command that runs at its times, to its end: a backup, a report, a cleaning. The watchdog
    starts it, records how it ended, and shows it as the check `job-NAME`."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    command: list[str] | None = key(
        "The program and its arguments; no shell is involved. What it leaves running when it ends "
        "is ended too.",
        'a list of texts, like ["/usr/local/bin/report", "--daily"]',
        example='["python3", "report.py", "--daily"]',
        schema={"type": "array", "items": {"type": "string"}, "minItems": 1},
    )
    schedule: str | None = due_times("When it is due", example='"30 3 * * *"')
    timezone: str | None = zone()
    timeout: Duration | None = duration(
        "Time that one run may take; then it is ended with all that it started, by TERM, and ten "
        "seconds later by KILL.",
        default="`1h`",
        example='"30m"',
    )
    catch_up: bool | None = flag(
        "Whether it runs, once, for times that passed while it could not run: the machine was "
        "off, the stack was down, a run was cut off.",
        default="`true`",
        example="true",
    )
    nice: int | None = whole(
        "How far it stands back for others who want the processor.",
        between=(0, 19),
        default="0",
        example="10",
    )
    needs: list[str] | None = service_names(
        "Services that must be healthy when it starts; while one is not, it is refused and tried "
        "again.",
        default="none",
    )
    env: dict[str, str | int] | None = env(
        "Environment of the process, as that of a service.",
        example='{ DATABASE_URL = "resource:postgres" }',
    )
    cwd: str | None = key(
        "Working folder; a relative one starts at this file, `~` is the home folder.",
        "a path in text",
        default="the folder of this file",
    )
    user: str | None = user()
    retries: int | None = whole(
        "How often a run that failed or took too long is run again before it stays failed.",
        between=(0, 20),
        default="0",
        example="2",
    )
    retry_delay: Duration | None = duration(
        "Time before it is run again; doubled each time, up to an hour.",
        default="`1m`",
    )
    critical: bool | None = flag(
        "Whether the whole stack is critical while its last run failed (`true`), or only in "
        "warning (`false`).",
        default="`true`",
        example="false",
    )

"""What the watchdog of another host posts: how that host is, and records of its history."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from vrooli.server.records import MAX_BIGINT, MAX_RECORDS, Name, Record, Row, checked, read

MAX_PROBLEMS = 10
"""Of one report; the watchdog sends the worst."""

MAX_MESSAGE = 200

Count = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
_STRICT = ConfigDict(extra="forbid", strict=True)


class OpenProblem(BaseModel):
    """A service or check that is not well."""

    model_config = _STRICT

    name: Name
    status: Literal["warning", "critical", "unknown"]
    message: Annotated[str, Field(max_length=MAX_MESSAGE, pattern=r"^[^\x00]*$")]


class Report(BaseModel):
    """How a host is now, and the next of its records; none of them is a sign of life.

    Attributes:
        host: the id by which the machine calls itself.
        home: the id of the stack's home there: two stacks of one machine are two hosts. None of a
            watchdog that is older than this.
        behind: records that are still to come after these.
        lost: records that were deleted there before they could be posted.
    """

    model_config = _STRICT

    host: Name
    home: Name | None = None
    stack: Name
    version: Name
    status: Literal["ok", "warning", "critical", "unknown"]
    problems: Annotated[list[OpenProblem], Field(max_length=MAX_PROBLEMS)] = Field(
        default_factory=list
    )
    behind: Count = 0
    lost: Count = 0
    records: Annotated[list[Record], Field(max_length=MAX_RECORDS)]


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """A report of which everything can be stored."""

    host: str
    home: str | None
    stack: str
    version: str
    status: str
    problems: list[dict[str, str]]
    behind: int
    lost: int
    rows: tuple[Row, ...]


def parse_report(body: bytes) -> CheckedReport:
    """Bytes of a request to a report, or `BadBatch`."""
    report = read(Report, body)
    return CheckedReport(
        host=report.host,
        home=report.home,
        stack=report.stack,
        version=report.version,
        status=report.status,
        problems=[problem.model_dump() for problem in report.problems],
        behind=report.behind,
        lost=report.lost,
        rows=checked(report.records),
    )

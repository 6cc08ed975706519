"""The four words for how something is, and how they combine."""

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """`unknown` means that we could not find out; it is never healed and never counted as down."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


_SEVERITY = {Status.OK: 0, Status.UNKNOWN: 1, Status.WARNING: 2, Status.CRITICAL: 3}

EXIT_CODES = {Status.OK: 0, Status.WARNING: 1, Status.CRITICAL: 2, Status.UNKNOWN: 3}
"""Exit codes of `status` and `tick`: the Nagios plugin convention."""


def worst(statuses: Iterable[Status]) -> Status:
    """The most severe of `statuses`; `ok` when there are none."""
    return max(statuses, key=_SEVERITY.__getitem__, default=Status.OK)

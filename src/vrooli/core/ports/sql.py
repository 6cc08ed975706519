"""Port: one statement on a PostgreSQL of the user's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from vrooli.core.errors import VrooliError

READ_ONLY = "25006"
"""SQLSTATE of what would write and may not (PostgreSQL manual, appendix A)."""


class StatementRefused(VrooliError):
    """PostgreSQL did not execute a statement; nothing was changed.

    Args:
        what: its own words.
        state: SQLSTATE.
        retryable: whether it may succeed later: it was in the way of another, or took too long.
    """

    def __init__(self, what: str, state: str, *, retryable: bool = False) -> None:
        super().__init__(what, where=f"SQLSTATE {state}" if state else "", retryable=retryable)
        self.state = state


@dataclass(frozen=True, slots=True)
class Statement:
    """What is asked.

    Attributes:
        text: one statement, `$1` for the first parameter.
        parameters: JSON values; those of dates, numbers of any precision, UUIDs and the like may be
            texts, JSON values are taken as they are.
        write: whether it may change anything.
        seconds: how long PostgreSQL may work on it.
        most: rows that are fetched.
        largest: bytes of all rows, as JSON.
    """

    text: str
    parameters: Sequence[Any] = field(default=(), repr=False)
    write: bool = False
    seconds: float = 60.0
    most: int = 1000
    largest: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rows:
    """What came back.

    Attributes:
        columns: their names.
        rows: values of JSON.
        truncated: whether there were more.
        affected: rows that a statement without a result has changed; None for one with a result.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    truncated: bool = False
    affected: int | None = None


class Sql(Protocol):
    """Asks any PostgreSQL."""

    async def ask(self, dsn: str, statement: Statement) -> Rows:
        """Execute it in a transaction of its own. `dsn` holds a password: it is in no error.

        Raises:
            StatementRefused: see there.
            Unreachable: nothing was changed.
            CutOff: the connection broke while the change was being made durable: nobody knows.
            AccessDenied: the user or the password is not accepted.
            UsageError: the address, or a parameter, cannot be used.
            TooLarge: the rows have more than `largest` bytes.
        """
        ...

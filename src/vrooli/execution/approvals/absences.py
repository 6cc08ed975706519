"""Rules of those who are away: for a while, what is asked of them is asked of another.

A rule is looked at when a question is put, by the statement that puts it (`store`). What came by a
rule goes no further by the rule of another, and a rule ends by itself.
"""

from dataclasses import dataclass
from typing import Any, Literal

from vrooli.core.errors import Refused, UnknownName, UsageError
from vrooli.core.ports.database import Database

LONGEST = 90 * 86_400
"""Seconds for which a rule is good."""

USUAL: Literal["changing"] = "changing"
"""Up to this class of risk, unless another is named: never the highest unasked."""

_COLUMNS = """
person, "to", extract(epoch FROM until)::float8, risk, extract(epoch FROM made_at)::float8
"""

# What is over goes when somebody says another.
_PUT = f"""
WITH over AS (DELETE FROM approval_absences WHERE until <= now() AND person <> $1)
INSERT INTO approval_absences (person, "to", until, risk)
VALUES ($1, $2, to_timestamp($3::float8), $4)
ON CONFLICT (person) DO UPDATE
SET "to" = EXCLUDED."to", until = EXCLUDED.until, risk = EXCLUDED.risk, made_at = now()
RETURNING {_COLUMNS}
"""

_ALL = f"""
SELECT {_COLUMNS} FROM approval_absences
WHERE until > now() AND ($1 = '' OR person = $1) ORDER BY person LIMIT 1000
"""

_END = f"""
DELETE FROM approval_absences WHERE person = $1 AND until > now() RETURNING {_COLUMNS}
"""


@dataclass(frozen=True, slots=True)
class Absence:
    """A rule.

    Attributes:
        person: who is away.
        to: who is asked.
        until: unix seconds.
        risk: questions up to this class; with the highest also those that name none.
    """

    person: str
    to: str
    until: float
    risk: str = USUAL


def checked(absence: Absence, now: float) -> Absence:
    """The same, when it can be. Pure.

    Raises:
        UsageError: it ends in the past, or too late.
        Refused: it asks oneself.
    """
    if not now < absence.until <= now + LONGEST:
        days = LONGEST // 86_400
        advice = "name a day like 2026-12-24, which is when you are back"
        raise UsageError(
            f"expected a time to come, in {days} days at most", where="until", next_step=advice
        )
    if absence.to == absence.person:
        raise Refused("it is asked of you already", where=absence.to, next_step="name another")
    return absence


class Absences:
    """Table `approval_absences`: one of each person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, absence: Absence) -> dict[str, Any]:
        """From now on, instead of any before."""
        values = (absence.person, absence.to, absence.until, absence.risk)
        async with self._database.connection() as connection:
            return _told(await connection.fetchrow(_PUT, *values))

    async def all(self, person: str) -> list[dict[str, Any]]:
        """That of one, while it is good; empty means all, by person."""
        async with self._database.connection() as connection:
            return [_told(row) for row in await connection.fetch(_ALL, person)]

    async def end(self, person: str) -> dict[str, Any]:
        """End it; what was asked by it stays so.

        Raises:
            UnknownName: there is none.
        """
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_END, person)
        if row is None:
            advice = "`vrooli approval away --to USER --until DATE` makes one"
            raise UnknownName("you are not away", person, next_step=advice)
        return _told(row)


def _told(row: Any) -> dict[str, Any]:
    return dict(zip(("person", "to", "until", "risk", "made_at"), row, strict=True))

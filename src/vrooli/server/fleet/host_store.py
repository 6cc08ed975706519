"""Table `hosts`."""

import json
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import Refused
from vrooli.core.ports.database import Database
from vrooli.server.fleet.report import CheckedReport
from vrooli.server.store import Stored, insert

MOST = 200
"""Hosts that may post."""

LISTED = 1000
"""Of one list: those that may post first, then those that were revoked."""

KEPT = 90
"""Days for which one that was revoked stays in the list."""

# One that was revoked may come back under its name, with another token and on another machine.
_ADD = """
WITH old AS (
    DELETE FROM hosts WHERE name <> $1 AND revoked_at < now() - make_interval(days => $5)
)
INSERT INTO hosts AS h (name, digest, created_by)
SELECT $1, $2, $3 WHERE (SELECT count(*) FROM hosts WHERE revoked_at IS NULL) < $4
ON CONFLICT (name) DO UPDATE SET
    digest = excluded.digest, created_by = excluded.created_by, created_at = now(),
    machine = NULL, home = NULL, revoked_at = NULL, last_seen = NULL, boot = NULL, seq = NULL,
    stack = NULL, version = NULL, status = NULL, problems = '[]', behind = 0, lost = 0,
    rival = NULL, rival_at = NULL
WHERE h.revoked_at IS NOT NULL
"""

_SELECT = """
SELECT name, machine, extract(epoch FROM created_at)::float8, created_by,
       extract(epoch FROM revoked_at)::float8, extract(epoch FROM last_seen)::float8,
       extract(epoch FROM now() - coalesce(last_seen, created_at))::float8,
       boot, seq, stack, version, status, problems::text, behind, lost, home, rival::text,
       extract(epoch FROM now() - rival_at)::float8
FROM hosts
"""

# The row is locked until what comes with the report is stored: two posts of one host come one
# after the other. A post that was sent again after a newer one does not put the sequence back.
_SEEN = """
UPDATE hosts SET machine = $3, last_seen = now(), stack = $4, version = $5, status = $6,
    problems = $7::jsonb, behind = $8, lost = $9,
    boot = CASE WHEN $11::bigint >= coalesce(seq, -1) THEN $10 ELSE boot END,
    seq = greatest(seq, $11::bigint), home = coalesce(home, $12)
WHERE name = $1 AND digest = $2 AND revoked_at IS NULL AND coalesce(machine, $3) = $3
    AND coalesce(home, $12) IS NOT DISTINCT FROM $12
"""

_RIVAL = """
UPDATE hosts SET rival = jsonb_build_object('stack', $3::text, 'machine', $4::text),
    rival_at = now()
WHERE name = $1 AND digest = $2 AND revoked_at IS NULL
RETURNING machine, stack
"""


@dataclass(frozen=True, slots=True)
class Host:
    """What is known of a host; never its token.

    Attributes:
        name: what it is called here, and in the history.
        machine: the id by which it calls itself; None before its first post.
        created_at: unix seconds, as all times here.
        created_by: who added it.
        revoked_at: None while it may post.
        last_seen: when it posted last; None before.
        silent: seconds since then, or since it was added, by PostgreSQL's clock.
        boot: of its latest record; None before the first.
        seq: likewise.
        stack: what it calls its stack.
        version: of its watchdog.
        status: how it says that it is.
        problems: what it says is wrong: `{name, status, message}` each.
        behind: records that it has not posted yet.
        lost: records that it deleted before it could post them.
        home: the id of its stack's home; None before it told one.
        rival: `{stack, machine}` of another one that came with its token and was refused.
        rival_ago: seconds since that one came last.
    """

    name: str
    machine: str | None
    created_at: float
    created_by: str
    revoked_at: float | None
    last_seen: float | None
    silent: float
    boot: str | None
    seq: int | None
    stack: str | None
    version: str | None
    status: str | None
    problems: list[dict[str, str]]
    behind: int
    lost: int
    home: str | None
    rival: dict[str, str] | None
    rival_ago: float | None


@dataclass(frozen=True, slots=True)
class Owned:
    """Why a post is refused: its token is another's.

    Attributes:
        stack: what the one that posts with it calls itself.
        here: whether that is another stack of the machine that posted now.
    """

    stack: str
    here: bool


@dataclass(frozen=True, slots=True)
class Pass:
    """A token that is good, as far as it may be kept: whose it is, and its digest."""

    name: str
    digest: bytes


class HostStore:
    """Adds, lists and revokes them, and takes what they post."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, name: str, digest: bytes, by: str) -> None:
        """One that may post from now on.

        Raises:
            Refused: there is one of that name, or there are too many.
        """
        async with self._database.connection() as connection:
            tag: str = await connection.execute(_ADD, name, digest, by, MOST, KEPT)
            if not tag.endswith(" 0"):
                return
            query = "SELECT 1 FROM hosts WHERE name = $1 AND revoked_at IS NULL"
            taken = await connection.fetchval(query, name)
        if taken:
            raise Refused(
                "there is a host of that name already",
                where=name,
                next_step=f"`vrooli host revoke {name}` first: then it gets another token",
            )
        raise Refused(f"there are {MOST} hosts already", next_step="revoke some of them")

    async def owner(self, digest: bytes) -> tuple[str, bool] | None:
        """Whose token has that digest, and whether it is good; None when it is nobody's."""
        query = "SELECT name, revoked_at IS NULL FROM hosts WHERE digest = $1"
        async with self._database.connection() as connection:
            row = await connection.fetchrow(query, digest)
        return None if row is None else (row[0], row[1])

    async def all(self) -> list[Host]:
        """By name, those that may post before the others."""
        query = f"{_SELECT} ORDER BY revoked_at IS NOT NULL, name LIMIT $1"
        async with self._database.connection() as connection:
            rows = await connection.fetch(query, LISTED)
        return [_host(row) for row in rows]

    async def get(self, name: str) -> Host | None:
        """One."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_SELECT} WHERE name = $1", name)
        return None if row is None else _host(row)

    async def revoke(self, name: str) -> bool:
        """End what its token opens; whether there is one of that name."""
        query = "UPDATE hosts SET revoked_at = coalesce(revoked_at, now()) WHERE name = $1"
        async with self._database.connection() as connection:
            tag: str = await connection.execute(query, name)
        return not tag.endswith(" 0")

    async def take(self, who: Pass, report: CheckedReport) -> Stored | Owned | None:
        """Store what is new of a report, all of it or nothing; `Owned` when the token belongs to
        another machine or stack, None when it was revoked meanwhile.
        """
        last = report.rows[-1] if report.rows else None
        values = (who.name, who.digest, report.host, report.stack, report.version, report.status)
        more = (json.dumps(report.problems), report.behind, report.lost)
        place = (last.boot if last else None, last.seq if last else None)
        async with self._database.connection() as connection, connection.transaction():
            tag: str = await connection.execute(_SEEN, *values, *more, *place, report.home)
            if tag.endswith(" 0"):
                told = (who.name, who.digest, report.stack, report.host)
                owner = await connection.fetchrow(_RIVAL, *told)
                return None if owner is None else Owned(owner[1], owner[0] == report.host)
            return await insert(connection, who.name, report.rows)


def _host(row: Any) -> Host:
    values = list(row.values())
    values[12] = json.loads(values[12])
    values[16] = json.loads(values[16]) if values[16] else None
    return Host(*values)

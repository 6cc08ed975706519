"""Table `login_attempts`: how often somebody may try passwords. Counted before a password is
looked at, so that a hundred tries at once are a hundred; all servers count together.
"""

from dataclasses import dataclass

from vrooli.core.network import network_of
from vrooli.core.ports.database import Database

WINDOW = 900
"""Seconds."""

PER_ACCOUNT, PER_ADDRESS = 10, 100
"""Wrong passwords in a window. Behind a proxy everybody has the same address."""

_COUNT = """
WITH old AS (
    DELETE FROM login_attempts WHERE subject IN (
        SELECT subject FROM login_attempts
        WHERE began < now() - make_interval(secs => $2) AND subject <> $1
        LIMIT 100 FOR UPDATE SKIP LOCKED)
)
INSERT INTO login_attempts AS a (subject) VALUES ($1)
ON CONFLICT (subject) DO UPDATE SET
    count = CASE WHEN a.began < now() - make_interval(secs => $2) THEN 1 ELSE a.count + 1 END,
    began = CASE WHEN a.began < now() - make_interval(secs => $2) THEN now() ELSE a.began END
RETURNING count, extract(epoch FROM began + make_interval(secs => $2) - now())::float8
"""

_FORGET = "DELETE FROM login_attempts WHERE subject = $1"
_GIVE_BACK = "UPDATE login_attempts SET count = count - 1 WHERE subject = $1 AND count > 0"


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a password.

    Attributes:
        account: the address of the user.
        address: from where.
    """

    account: str
    address: str

    @property
    def subjects(self) -> tuple[tuple[str, int], ...]:
        """What it counts for, and how many of it there may be. Where it comes from is first: who
        is sent away for that can add nothing to accounts.
        """
        return (
            (f"address {network_of(self.address)}", PER_ADDRESS),
            (f"account {self.account}", PER_ACCOUNT),
        )


class Attempts:
    """Counts them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, one: Try) -> float:
        """Count a try: 0 when it may be made, else the seconds until the next one may."""
        for subject, most in one.subjects:
            async with self._database.connection() as connection:
                row = await connection.fetchrow(_COUNT, subject, WINDOW)
            if row[0] > most:
                return max(1.0, float(row[1]))
        return 0.0

    async def succeeded(self, one: Try) -> None:
        """It was the right one: what the account tried is forgotten, and that the address did."""
        (address, _), (account, _) = one.subjects
        async with self._database.connection() as connection:
            await connection.execute(_FORGET, account)
            await connection.execute(_GIVE_BACK, address)
